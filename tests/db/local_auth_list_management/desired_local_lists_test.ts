import { assertEquals } from "@std/assert";
import { type EventType, eventTypes } from "../../../db/event_types.ts";
import { openTestStore } from "../../database.ts";
import { at, fields, fresh } from "../records.ts";

const store = await openTestStore();
const { desiredLocalLists, localListSyncs } = store;
Deno.test.afterAll(() => store.close());

async function chargePoint(labels: Record<string, string> = {}): Promise<string> {
  const identity = fresh("CP");
  await store.chargePoints.put(identity, fields({ labels }), at(0));
  return identity;
}

const entries = (...idTags: string[]) => idTags.map((idTag) => ({ idTag }));

Deno.test("the desired lists of a charge point: its own, then the shared ones with its labels, by name", async () => {
  const site = fresh("harbour");
  const there = await chargePoint({ site, fast: "" });
  const elsewhere = await chargePoint({ site: `${site}=x` });
  await desiredLocalLists.put(`b-${site}`, `site=${site}`, entries("B"), at(0));
  await desiredLocalLists.put(`a-${site}`, "fast", entries("A"), at(0));
  await desiredLocalLists.put(`c-${site}`, `site=${site}=x`, entries("C"), at(0));
  await desiredLocalLists.set(there, entries("Own"), at(0));
  const names = async (identity: string) =>
    (await desiredLocalLists.partsFor(identity)).map(({ list, entries }) => [list, entries[0]?.idTag]);
  assertEquals(await names(there), [[null, "Own"], [`a-${site}`, "A"], [`b-${site}`, "B"]]);
  assertEquals(await names(elsewhere), [[`c-${site}`, "C"]]);
  for (const name of ["a", "b", "c"]) await desiredLocalLists.remove(`${name}-${site}`);
  assertEquals(await names(elsewhere), []);
});

Deno.test("a shared list is created, replaced, listed by name and removed", async () => {
  const name = fresh("list");
  const first = await desiredLocalLists.put(name, "site=north", entries("A", "B"), at(0));
  assertEquals(first.labelBefore, undefined);
  const second = await desiredLocalLists.put(name, "site=south", entries("C"), at(1));
  assertEquals([second.labelBefore, second.list.label, second.list.createdAt], ["site=north", "site=south", at(0)]);
  const listed = (await desiredLocalLists.list({ limit: 100 })).items.find((item) => item.name === name);
  assertEquals([listed?.label, listed?.entryCount], ["site=south", 1]);
  assertEquals((await desiredLocalLists.remove(name))?.entries, entries("C"));
  assertEquals([await desiredLocalLists.find(name), await desiredLocalLists.remove(name)], [undefined, undefined]);
});

Deno.test("an edited idTag affects the charge points whose lists have it, in any case, and no others", async () => {
  const site = fresh("site");
  const [own, shared, other] = [await chargePoint(), await chargePoint({ site }), await chargePoint()];
  const tag = fresh("Tag-");
  await desiredLocalLists.set(own, entries("X", tag), at(0));
  await desiredLocalLists.set(other, entries("X"), at(0));
  await desiredLocalLists.put(site, `site=${site}`, entries(tag.toUpperCase()), at(0));
  assertEquals((await localListSyncs.markDue({ idTags: [tag.toUpperCase()] })).sort(), [own, shared].sort());
  assertEquals(await localListSyncs.markDue({ idTags: ["UNKNOWN"] }), []);
  assertEquals(await localListSyncs.markDue({ labels: [`site=${site}`, "none"] }), [shared]);
  assertEquals(await localListSyncs.markDue({ labels: [] }), []);
  assertEquals(await localListSyncs.markDue({ chargePoint: other }), [other]);
  assertEquals(await localListSyncs.markDue({ chargePoint: await chargePoint() }), []);
  await desiredLocalLists.remove(site);
});

Deno.test("removing a charge point removes everything about its list", async () => {
  const there = await chargePoint();
  await desiredLocalLists.set(there, entries("A"), at(0));
  await store.knownLocalLists.recordReported(there, 3, at(0));
  await localListSyncs.markDue({ chargePoint: there });
  await store.chargePoints.remove(there, at(1));
  assertEquals(await desiredLocalLists.partsFor(there), []);
  assertEquals((await store.knownLocalLists.find(there)).version, null);
  assertEquals((await localListSyncs.listOpen()).some(({ chargePoint }) => chargePoint === there), false);
});

Deno.test("of two concurrent synchronisations one runs; each of its steps is done once", async () => {
  const there = await chargePoint();
  const sync = {
    chargePoint: there,
    updateType: "Full",
    nextStep: "sendFull",
    waitsForChargePoint: false,
    requestedBy: "key",
    expiresAt: null,
  } as const;
  const begun = await Promise.all([localListSyncs.begin(sync, at(0)), localListSyncs.begin(sync, at(0))]);
  assertEquals(begun.filter(Boolean).length, 1);
  const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
  assertEquals(await localListSyncs.recordCommandId(there, first), true);
  assertEquals(await localListSyncs.recordCommandId(there, second), false);
  assertEquals(await localListSyncs.proceed(there, second, { nextStep: "sendDifferential" }), false);
  assertEquals(await localListSyncs.proceed(there, first, { nextStep: "sendDifferential", notBefore: at(5) }), true);
  const found = await localListSyncs.find(there);
  assertEquals([found?.nextStep, found?.commandId, found?.notBefore], ["sendDifferential", null, at(5)]);
  // That command was written down and never asked for.
  assertEquals(found?.commandIds, []);
  assertEquals((await localListSyncs.end(there, "failed", "away", at(6)))?.reason, "away");
  assertEquals(await localListSyncs.end(there, "synchronised", null, at(7)), undefined);
  assertEquals((await localListSyncs.begin(sync, at(8)))?.state, "running");
  await localListSyncs.end(there, "synchronised", null, at(9));

  while (await store.events.publish(at(9))) { /* numbers what waits */ }
  const types = ["localList.failed", "localList.synchronised"] satisfies EventType[];
  const events = await store.events.listAfter(0, { chargePoints: [there], types }, 10);
  for (const { type, data } of events) eventTypes[type].parse(data);
  const recorded: unknown[] = events.map(({ type, data }) => [type, data]);
  assertEquals(recorded, [
    ["localList.failed", { outcome: "failed", reason: "away" }],
    ["localList.synchronised", { listVersion: null }],
  ]);
});
