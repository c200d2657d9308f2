import { assertEquals } from "@std/assert";
import type { StatusReport } from "../../db/connectors.ts";
import { openTestStore } from "../database.ts";
import { at, fields, fresh } from "./records.ts";

const store = await openTestStore();
const { chargePoints, connectors } = store;
Deno.test.afterAll(() => store.close());

/** A registered charge point, and a function that makes its reports. */
async function chargePoint() {
  const identity = fresh("CP");
  await chargePoints.put(identity, fields(), at(0));
  const report = (status: string, given: Partial<StatusReport> = {}): StatusReport => ({
    chargePoint: identity,
    connectorId: 1,
    status,
    errorCode: "NoError",
    timestamp: null,
    receivedAt: at(0),
    ...given,
  });
  const status = async () => (await connectors.find(identity, 1))?.status;
  return { identity, report, status };
}

Deno.test("the current status and its history", async () => {
  const { identity, report } = await chargePoint();
  const detailed = { info: "i", vendorId: "v", vendorErrorCode: "e", errorCode: "OtherError" };
  await connectors.recordStatus(report("Faulted", { ...detailed, timestamp: at(1), receivedAt: at(2) }));
  await connectors.recordStatus(report("Available", { connectorId: 0, receivedAt: at(3) }));
  const rest = { info: null, vendorId: null, vendorErrorCode: null, availability: null };
  assertEquals(await connectors.list(identity), [
    { ...rest, connectorId: 0, status: "Available", errorCode: "NoError", since: at(3), receivedAt: at(3) },
    { ...detailed, connectorId: 1, status: "Faulted", since: at(1), receivedAt: at(2), availability: null },
  ]);
  assertEquals((await connectors.history(identity, 1, { limit: 9 })).items, [
    { ...detailed, connectorId: 1, status: "Faulted", timestamp: at(1), receivedAt: at(2) },
  ]);
  assertEquals(await connectors.find(identity, 2), undefined);
});

Deno.test("connectors of many charge points in one query", async () => {
  const [one, other, none] = [await chargePoint(), await chargePoint(), await chargePoint()];
  for (const { report } of [one, other]) {
    await connectors.recordStatus(report("Charging", { connectorId: 2 }));
    await connectors.recordStatus(report("Available"));
  }
  const among = await connectors.listAmong([other.identity, none.identity, one.identity, fresh("CP")]);
  assertEquals([...among.keys()].toSorted(), [one.identity, other.identity].toSorted());
  for (const { identity } of [one, other]) assertEquals(among.get(identity), await connectors.list(identity));
  assertEquals(among.get(one.identity)?.map(({ connectorId }) => connectorId), [1, 2]);
  assertEquals((await connectors.listAmong([])).size, 0);
});

Deno.test("the current status only moves forward in the charge point's time; history keeps all of it once", async () => {
  const { identity, report, status } = await chargePoint();
  await connectors.recordStatus(report("Charging", { timestamp: at(10), receivedAt: at(20) }));
  const queued = report("Preparing", { timestamp: at(5), receivedAt: at(21) });
  await connectors.recordStatus(queued);
  await connectors.recordStatus({ ...queued, receivedAt: at(22) });
  assertEquals(await status(), "Charging");
  await connectors.recordStatus(report("Finishing", { timestamp: at(10), receivedAt: at(23) }));
  assertEquals(await status(), "Finishing");
  const first = await connectors.history(identity, 1, { limit: 2 });
  assertEquals(first.items.map((each) => each.status), ["Finishing", "Preparing"]);
  const second = await connectors.history(identity, 1, { limit: 2, after: first.next! });
  assertEquals([second.items.map((each) => each.status), second.next], [["Charging"], null]);
});

Deno.test("after a boot the first status counts, even with an old timestamp", async () => {
  const { identity, report, status } = await chargePoint();
  await connectors.recordStatus(report("Charging", { timestamp: at(10), receivedAt: at(10) }));
  await chargePoints.recordBoot(identity, { vendor: "V", model: "M" }, at(20));
  await connectors.recordStatus(report("Available", { timestamp: new Date(0), receivedAt: at(21) }));
  assertEquals(await status(), "Available");
});

Deno.test("a clock that was ahead does not freeze the status", async () => {
  const { report, status } = await chargePoint();
  await connectors.recordStatus(report("Charging", { timestamp: new Date("2099-01-01"), receivedAt: at(10) }));
  await connectors.recordStatus(report("Finishing", { timestamp: at(11), receivedAt: at(11) }));
  assertEquals(await status(), "Finishing");
});

Deno.test("reports without a timestamp count in the order of reception, also concurrent ones", async () => {
  const { identity, report, status } = await chargePoint();
  const words = ["Preparing", "Charging", "SuspendedEV", "Finishing", "Available"];
  await Promise.all(words.map((word, i) => connectors.recordStatus(report(word, { receivedAt: at(i) }))));
  assertEquals(await status(), "Available");
  const history = await connectors.history(identity, 1, { limit: 9 });
  assertEquals(history.items.map((each) => each.status), words.toReversed());
});

Deno.test("many charge points report at once", async () => {
  const all = await Promise.all(Array.from({ length: 50 }, chargePoint));
  await Promise.all(all.map(({ report }, i) => connectors.recordStatus(report(i % 2 ? "Charging" : "Available"))));
  for (const [i, { status }] of all.entries()) assertEquals(await status(), i % 2 ? "Charging" : "Available");
});

Deno.test("an unregistered charge point's status is history, but makes no connector", async () => {
  const { identity, report } = await chargePoint();
  await chargePoints.remove(identity, at(2));
  await connectors.recordStatus(report("Available"));
  assertEquals(await connectors.list(identity), []);
  assertEquals((await connectors.history(identity, 1, { limit: 9 })).items.length, 1);
});

Deno.test("availability of one connector, of all, and of one that has not reported yet", async () => {
  const { identity, report } = await chargePoint();
  for (const connectorId of [0, 1, 2]) await connectors.recordStatus(report("Available", { connectorId }));
  const availability = async () => (await connectors.list(identity)).map((each) => each.availability);
  await connectors.setAvailability(identity, 1, "Inoperative", at(1));
  assertEquals(await availability(), [null, "Inoperative", null]);
  await connectors.setAvailability(identity, 0, "Operative", at(2));
  assertEquals(await availability(), ["Operative", "Operative", "Operative"]);
  await connectors.setAvailability(identity, 3, "Inoperative", at(3));
  assertEquals(await connectors.find(identity, 3), undefined);
  await connectors.recordStatus(report("Unavailable", { connectorId: 3 }));
  assertEquals((await connectors.find(identity, 3))?.availability, "Inoperative");
});
