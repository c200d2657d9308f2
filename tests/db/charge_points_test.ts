import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { BadCursor } from "../../db/engine/list_page.ts";
import { openTestStore } from "../database.ts";
import { at, fields, fresh } from "./records.ts";

const store = await openTestStore();
const { chargePoints, connectors, configurationKeys } = store;
Deno.test.afterAll(() => store.close());

const credentials = (byte: number) => ({
  scheme: "sha256" as const,
  salt: new Uint8Array([0, 255, byte]),
  hash: new Uint8Array(32).fill(byte),
});

Deno.test("put creates, then replaces the operator's fields and keeps the reported ones", async () => {
  const identity = fresh("CP");
  const { chargePoint, created } = await chargePoints.put(identity, fields({ labels: { site: "north" } }), at(0));
  assertEquals([created, chargePoint.labels, chargePoint.createdAt, chargePoint.boot], [
    true,
    { site: "north" },
    at(0),
    null,
  ]);
  await chargePoints.recordBoot(identity, { vendor: "V", model: "M" }, at(1));
  const again = await chargePoints.put(identity, fields({ description: "new" }), at(2));
  assertEquals([again.created, again.chargePoint.labels, again.chargePoint.createdAt], [false, {}, at(0)]);
  assertEquals(again.chargePoint.boot, { vendor: "V", model: "M", at: at(1) });
  assertEquals(await chargePoints.find(identity), again.chargePoint);
  assertEquals(await chargePoints.find(identity.toLowerCase()), undefined);
});

Deno.test("register never overwrites, also when called twice at the same time", async () => {
  const identity = fresh("CP");
  const both = await Promise.all([
    chargePoints.register(identity, fields({ description: "one" }), at(0)),
    chargePoints.register(identity, fields({ description: "two" }), at(0)),
  ]);
  assertEquals(both[0], both[1]);
  await chargePoints.patch(identity, { registration: "Rejected" }, at(1));
  assertEquals((await chargePoints.register(identity, fields(), at(5))).registration, "Rejected");
});

Deno.test("patch changes only the given fields", async () => {
  const identity = fresh("CP");
  const { chargePoint } = await chargePoints.put(identity, fields({ heartbeatInterval: 10 }), at(0));
  assertEquals(await chargePoints.patch(identity, {}, at(1)), chargePoint);
  const patched = await chargePoints.patch(identity, {
    heartbeatInterval: null,
    labels: { a: "1" },
    securityProfile: 3,
  }, at(1));
  assertEquals(patched, { ...chargePoint, heartbeatInterval: null, labels: { a: "1" }, securityProfile: 3 });
  assertEquals(await chargePoints.patch(fresh("CP"), { description: "" }, at(1)), undefined);
});

Deno.test("a boot clears fields of the boot before that it does not have", async () => {
  const identity = fresh("CP");
  assertEquals(await chargePoints.recordBoot(identity, { vendor: "V", model: "M" }, at(0)), undefined);
  await chargePoints.put(identity, fields(), at(0));
  await chargePoints.recordBoot(identity, { vendor: "V", model: "M", firmwareVersion: "1", iccid: "i" }, at(1));
  const booted = await chargePoints.recordBoot(identity, { vendor: "V", model: "M", firmwareVersion: "2" }, at(2));
  assertEquals(booted?.boot, { vendor: "V", model: "M", firmwareVersion: "2", at: at(2) });
});

Deno.test("credentials: set, pending, promoted, dropped and cleared", async () => {
  const identity = fresh("CP");
  assertFalse(await chargePoints.setCredentials(identity, credentials(1)));
  await chargePoints.put(identity, fields(), at(0));
  assert(await chargePoints.setCredentials(identity, credentials(1)));
  assert((await chargePoints.find(identity))?.hasCredentials);
  assertFalse(await chargePoints.promotePendingCredentials(identity, credentials(2)));
  const stored = async () => {
    const record = await chargePoints.findForAdmission(identity);
    return [record?.credentials?.salt[2], ...record!.pendingCredentials.map(({ salt }) => salt[2])];
  };
  for (const key of [9, 2, 3]) await chargePoints.addPendingCredentials(identity, credentials(key));
  assertEquals(await stored(), [1, 9, 2, 3]);
  assert(await chargePoints.promotePendingCredentials(identity, credentials(2)));
  assertEquals(await stored(), [2, 3], "a newer key stays pending");
  assertEquals((await chargePoints.findForAdmission(identity))?.credentials, credentials(2));
  await chargePoints.addPendingCredentials(identity, credentials(4));
  await chargePoints.dropPendingCredentials(identity, credentials(3));
  assertEquals(await stored(), [2, 4]);
  for (const key of [5, 6, 7, 8]) await chargePoints.addPendingCredentials(identity, credentials(key));
  assertEquals(await stored(), [2, 5, 6, 7, 8], "at most four");
  await chargePoints.setCredentials(identity, null);
  assertEquals(await stored(), [undefined]);
});

Deno.test("recordSeen of many: the newest time counts, deviations are added", async () => {
  const [one, two] = [fresh("CP"), fresh("CP")];
  for (const identity of [one, two]) await chargePoints.put(identity, fields(), at(0));
  const seen = (identity: string, minute: number, deviations: Record<string, number> = {}) => (
    { identity, at: at(minute), remoteAddress: `10.0.0.${minute}`, deviations }
  );
  await chargePoints.recordSeen([
    seen(one, 5, { tooLong: 1 }),
    seen(two, 5),
    seen("UNKNOWN", 5),
    seen(one, 3, { tooLong: 2 }),
  ]);
  await chargePoints.recordSeen([seen(one, 4, { tooLong: 1, nullField: 7 }), seen(two, 6)]);
  await chargePoints.recordSeen([]);
  const first = await chargePoints.find(one);
  assertEquals([first?.lastSeenAt, first?.remoteAddress], [at(5), "10.0.0.5"]);
  assertEquals(first?.deviations, { tooLong: 4, nullField: 7 });
  const second = await chargePoints.find(two);
  assertEquals([second?.lastSeenAt, second?.remoteAddress, second?.deviations], [at(6), "10.0.0.6", {}]);
  const dialled = async (minute: number, host?: string) => {
    await chargePoints.recordSeen([{ ...seen(two, minute), dialled: host }]);
    return (await chargePoints.find(two))?.dialled;
  };
  assertEquals(await dialled(7, "http://new:80"), "http://new:80");
  assertEquals(await dialled(6, "http://old:80"), "http://new:80");
  assertEquals(await dialled(8), "http://new:80", "an unknown address does not replace a known one");
});

Deno.test("remove also removes connectors and configuration", async () => {
  const identity = fresh("CP");
  await chargePoints.put(identity, fields(), at(0));
  await connectors.recordStatus({
    chargePoint: identity,
    connectorId: 1,
    status: "Available",
    errorCode: "NoError",
    timestamp: null,
    receivedAt: at(0),
  });
  await configurationKeys.setValue(identity, "k", "v", at(0));
  assert(await chargePoints.remove(identity, at(2)));
  assertFalse(await chargePoints.remove(identity, at(2)));
  assertEquals([await connectors.list(identity), await configurationKeys.list(identity)], [[], []]);
});

Deno.test("the list filters, sorts by identity and pages", async () => {
  const model = fresh("model");
  const names = ["b", "a", "Z", "ä", "c"].map((letter) => `${letter}-${model}`);
  for (const [i, identity] of names.entries()) {
    await chargePoints.put(identity, fields({ labels: { even: `${i % 2 === 0}`, [`n${i}`]: "x=y" } }), at(0));
    await chargePoints.recordBoot(identity, { vendor: "V", model, firmwareVersion: `${i}` }, at(1));
  }
  const found = async (filter: Parameters<typeof chargePoints.list>[0]) =>
    (await chargePoints.list({ model, ...filter }, { limit: 10 })).items.map((each) => each.identity[0]).join("");
  assertEquals(await found({}), "Zabcä");
  assertEquals(await found({ vendor: "V", registration: "Accepted" }), "Zabcä");
  assertEquals(await found({ registration: "Pending" }), "");
  assertEquals(await found({ firmwareVersion: "1" }), "a");
  assertEquals(await found({ label: "even=true" }), "Zbc");
  assertEquals(await found({ label: "n1" }) + await found({ label: "n1=x=y" }) + await found({ label: "n1=x" }), "aa");
  assertEquals(await found({ connectedAmong: [names[0]!, names[4]!, "x"] }), "bc");
  assertEquals(await found({ connectedAmong: [] }), "");
  assertEquals(await found({ notAmong: [names[0]!] }), "Zacä");
  assertEquals(await found({ notAmong: [] }), "Zabcä");
  const paged: string[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await chargePoints.list({ model }, { limit: 2, after });
    paged.push(...items.map((each) => each.identity[0]!));
    after = next ?? undefined;
  } while (after);
  assertEquals(paged.join(""), "Zabcä");
});

Deno.test("an invalid cursor is refused", async () => {
  const forged = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  for (const after of ["", "!", "eyJ", forged("a"), forged([1]), forged(["a", "b"]), forged(["\0"]), forged(null)]) {
    await assertRejects(() => chargePoints.list({}, { limit: 1, after }), BadCursor);
  }
  for (const after of [forged(["x"]), forged([1.5]), forged([2 ** 60])]) {
    await assertRejects(() => store.transactions.list({}, { limit: 1, after }), BadCursor);
  }
  await assertRejects(() => store.commands.list({}, { limit: 1, after: forged(["' or 1=1"]) }), BadCursor);
  const time = "2026-03-02T08:00:00.000Z";
  await assertRejects(() => store.meterValues.list(1, {}, { limit: 1, after: forged([time, "x"]) }), BadCursor);
});
