import { assertEquals } from "@std/assert";
import { openTestStore } from "../database.ts";
import { at, fresh, sample, start, stop } from "./records.ts";

const store = await openTestStore();
const { meterValues, transactions } = store;
Deno.test.afterAll(() => store.close());

/** An open transaction. */
async function started(given: Parameters<typeof start>[0] = {}) {
  const one = start(given);
  return { ...one, ...await transactions.recordStart(one) };
}

Deno.test("the first stop ends the transaction, repeated stops change nothing", async () => {
  const { chargePoint, transactionId, idTag } = await started({ flags: ["a"] });
  const first = stop({ chargePoint, transactionId, idTag, reason: "Remote", flags: ["b"] });
  assertEquals(await transactions.recordStop(first), { outcome: "ended", transactionId, created: true });
  const ended = await transactions.find(transactionId);
  assertEquals([ended?.state, ended?.meterStop, ended?.energyWh, ended?.reason], ["ended", 5000, 4000, "Remote"]);
  assertEquals([ended?.stoppedAt, ended?.stopReceivedAt, ended?.stopIdTag], [at(60), at(60), idTag]);
  assertEquals(ended?.flags, ["a", "b"]);
  for (const times of [1, 2]) {
    const again = await transactions.recordStop({ ...first, receivedAt: at(60 + times) });
    assertEquals(again, { outcome: "repeated", transactionId, created: false });
  }
  assertEquals(await transactions.find(transactionId), ended);
});

Deno.test("equal concurrent stops are stored once", async () => {
  const { chargePoint, transactionId } = await started();
  const one = stop({ chargePoint, transactionId });
  const outcomes = await Promise.all([one, one, one].map((each) => transactions.recordStop(each)));
  assertEquals(outcomes.map((each) => each.outcome).sort(), ["ended", "repeated", "repeated"]);
});

Deno.test("a stop with other values is stored as a conflict and does not change the transaction", async () => {
  const { chargePoint, transactionId } = await started();
  await transactions.recordStop(stop({ chargePoint, transactionId }));
  const other = stop({ chargePoint, transactionId, meterStop: 9000 });
  assertEquals(await transactions.recordStop(other), { outcome: "conflict", transactionId, created: true });
  assertEquals((await transactions.recordStop(other)).outcome, "repeated");
  await transactions.recordStop(stop({ chargePoint, transactionId, timestamp: at(61) }));
  const kept = await transactions.find(transactionId);
  assertEquals([kept?.meterStop, kept?.stoppedAt, kept?.flags], [5000, at(60), ["conflictingStop"]]);
  const stops = await transactions.listStops({ chargePoint }, { limit: 10 });
  assertEquals(stops.items.map((each) => each.outcome), ["conflict", "conflict", "ended"]);
});

Deno.test("a start replayed after its stop stays ended", async () => {
  const begun = start();
  const { transactionId } = await transactions.recordStart(begun);
  await transactions.recordStop(stop({ chargePoint: begun.chargePoint, transactionId }));
  assertEquals(await transactions.recordStart(begun), {
    transactionId,
    created: false,
    idTagInfo: { status: "Accepted" },
  });
  assertEquals((await transactions.find(transactionId))?.state, "ended");
});

for (const reported of [0, -2, 2_000_000_001, 2 ** 50]) {
  Deno.test(`a stop for ${reported}, which was never issued, is an orphan and changes no transaction`, async () => {
    const { chargePoint, transactionId } = await started();
    const orphan = stop({ chargePoint, transactionId: reported });
    assertEquals(await transactions.recordStop(orphan), { outcome: "orphan", transactionId: null, created: true });
    assertEquals(await transactions.recordStop(orphan), { outcome: "repeated", transactionId: null, created: false });
    assertEquals((await transactions.find(transactionId))?.state, "active");
  });
}

Deno.test("a stop never changes a transaction of another charge point", async () => {
  const theirs = await started();
  const before = await transactions.find(theirs.transactionId);
  const { chargePoint } = await started();
  const foreign = stop({ chargePoint, transactionId: theirs.transactionId });
  assertEquals(await transactions.recordStop(foreign), { outcome: "orphan", transactionId: null, created: true });
  assertEquals(await transactions.find(theirs.transactionId), before);
  const [stored] = (await transactions.listStops({ chargePoint, outcome: "orphan" }, { limit: 10 })).items;
  assertEquals(stored?.flags, ["foreignTransaction"]);
});

Deno.test("a stop with -1 ends the one active transaction that fits", async () => {
  const { chargePoint, transactionId } = await started();
  const unsure = stop({ chargePoint });
  assertEquals(await transactions.recordStop(unsure), { outcome: "inferred", transactionId, created: true });
  const ended = await transactions.find(transactionId);
  assertEquals([ended?.meterStop, ended?.flags], [5000, ["matchedByInference"]]);
  assertEquals(await transactions.recordStop(unsure), { outcome: "repeated", transactionId, created: false });
});

Deno.test("an inferred stop that is sent again with the right id is the same stop", async () => {
  const { chargePoint, transactionId } = await started();
  await transactions.recordStop(stop({ chargePoint }));
  const known = await transactions.recordStop(stop({ chargePoint, transactionId }));
  assertEquals(known, { outcome: "repeated", transactionId, created: false });
});

Deno.test("a stop with -1 is an orphan when no transaction fits, or two", async () => {
  const { chargePoint, idTag } = await started();
  const mismatches = [{ meterStop: 999 }, { timestamp: at(-1) }, { idTag: fresh("OTHER") }];
  for (const mismatch of mismatches) {
    assertEquals((await transactions.recordStop(stop({ chargePoint, ...mismatch }))).outcome, "orphan");
  }
  await started({ chargePoint, connectorId: 2 });
  assertEquals((await transactions.recordStop(stop({ chargePoint, meterStop: 5001 }))).outcome, "orphan");
  const byTag = await transactions.recordStop(stop({ chargePoint, meterStop: 5002, idTag: idTag.toLowerCase() }));
  assertEquals(byTag.outcome, "inferred");
});

Deno.test("a stop that was received before its start is matched with the start", async () => {
  const begun = start({ receivedAt: at(90) });
  const { chargePoint } = begun;
  await transactions.recordStop(stop({ chargePoint, reason: "PowerLoss", flags: ["f"] }));
  const { transactionId } = await transactions.recordStart(begun);
  const joined = await transactions.find(transactionId);
  assertEquals([joined?.state, joined?.meterStop, joined?.reason], ["ended", 5000, "PowerLoss"]);
  assertEquals(joined?.flags, ["f", "matchedByInference"]);
  const [stopped] = (await transactions.listStops({ chargePoint }, { limit: 10 })).items;
  assertEquals([stopped?.outcome, stopped?.transactionId], ["inferred", transactionId]);
});

/** Minutes and connectors of a transaction's samples. */
async function samplesOf(transactionId: number): Promise<[minute: number, connectorId: number][]> {
  const { items } = await meterValues.list(transactionId, {}, { limit: 100 });
  return items.map(({ sampledAt, connectorId }) => [(sampledAt.getTime() - at(0).getTime()) / 60_000, connectorId]);
}

/** Samples under an id of the charge point's own: within the matching transaction, and outside of it. */
function unlinked(chargePoint: string, reportedTransactionId: number) {
  const under = { chargePoint, reportedTransactionId };
  const within = [{}, { sampledAt: at(0) }, { sampledAt: at(60), connectorId: null }];
  const outside = [{ sampledAt: at(-1) }, { sampledAt: at(61) }, { connectorId: 2 }, { reportedTransactionId: -9 }];
  return [...within, ...outside, { reportedTransactionId: null }, { chargePoint: fresh("CP") }]
    .map((each) => sample({ ...under, ...each }));
}

Deno.test("samples under -1 are linked once to the transaction that the stop ends", async () => {
  const { chargePoint, transactionId } = await started();
  const samples = unlinked(chargePoint, -1);
  await meterValues.record(samples);
  assertEquals(await samplesOf(transactionId), []);
  await transactions.recordStop(stop({ chargePoint }));
  assertEquals(await samplesOf(transactionId), [[0, 1], [1, 1], [60, 1]]);
  await meterValues.record(samples);
  assertEquals((await transactions.recordStop(stop({ chargePoint }))).outcome, "repeated");
  assertEquals(await samplesOf(transactionId), [[0, 1], [1, 1], [60, 1]]);
});

Deno.test("a repeated stop links samples that were recorded after the first one", async () => {
  const { chargePoint, transactionId } = await started();
  await transactions.recordStop(stop({ chargePoint }));
  await meterValues.record(unlinked(chargePoint, -1));
  await transactions.recordStop(stop({ chargePoint }));
  assertEquals((await samplesOf(transactionId)).length, 3);
});

Deno.test("samples under an id of the charge point's own are linked when the start is received", async () => {
  const begun = start({ receivedAt: at(90) });
  const { chargePoint } = begun;
  await meterValues.record(unlinked(chargePoint, 1_999_999_999));
  await transactions.recordStop(stop({ chargePoint, transactionId: 1_999_999_999 }));
  const { transactionId } = await transactions.recordStart(begun);
  assertEquals(await samplesOf(transactionId), [[0, 1], [1, 1], [60, 1]]);
});

Deno.test("an orphan stop is not matched when it does not fit, or when two fit", async () => {
  const mismatches = [{ meterStop: 999 }, { timestamp: at(-1) }, { idTag: "OTHER" }, { receivedAt: at(-1) }];
  for (const mismatch of mismatches) {
    const begun = start({ receivedAt: at(90) });
    await transactions.recordStop(stop({ chargePoint: begun.chargePoint, ...mismatch }));
    const { transactionId } = await transactions.recordStart(begun);
    assertEquals((await transactions.find(transactionId))?.state, "active", JSON.stringify(mismatch));
  }
  const begun = start({ receivedAt: at(90) });
  await transactions.recordStop(stop({ chargePoint: begun.chargePoint }));
  await transactions.recordStop(stop({ chargePoint: begun.chargePoint, meterStop: 6000 }));
  const { transactionId } = await transactions.recordStart(begun);
  assertEquals((await transactions.find(transactionId))?.state, "active");
});

Deno.test("a stop with the id of another charge point's transaction is not matched with a later start", async () => {
  const theirs = await started();
  const begun = start({ receivedAt: at(90) });
  await transactions.recordStop(stop({ chargePoint: begun.chargePoint, transactionId: theirs.transactionId }));
  const { transactionId } = await transactions.recordStart(begun);
  assertEquals((await transactions.find(transactionId))?.state, "active");
});

Deno.test("lists filter and page, newest first", async () => {
  const chargePoint = fresh("CP");
  const idTag = fresh("TAG");
  const ids: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { transactionId } = await started({ chargePoint, connectorId: i % 2, idTag, timestamp: at(i) });
    ids.unshift(transactionId);
  }
  await transactions.recordStop(stop({ chargePoint, transactionId: ids[0]! }));
  const found = async (filter: Parameters<typeof transactions.list>[0]) =>
    (await transactions.list({ chargePoint, ...filter }, { limit: 10 })).items.map((each) => each.transactionId);
  assertEquals(await found({}), ids);
  assertEquals(await found({ idTag: idTag.toLowerCase(), connectorId: 1 }), [ids[1]!, ids[3]!]);
  assertEquals(await found({ state: "ended" }), [ids[0]!]);
  assertEquals(await found({ from: at(1), to: at(3) }), [ids[2]!, ids[3]!]);
  const open = await transactions.findOpen(chargePoint);
  assertEquals(open.map((each) => each.transactionId), ids.slice(1).reverse());
  const paged: number[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await transactions.list({ chargePoint }, { limit: 2, after });
    paged.push(...items.map((each) => each.transactionId));
    after = next ?? undefined;
  } while (after);
  assertEquals(paged, ids);
});
