import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { openTestStore } from "../database.ts";
import { at, fresh, start, stop } from "./records.ts";

const store = await openTestStore();
const { transactions } = store;
Deno.test.afterAll(() => store.close());

for (const times of [1, 2, 3, 4, 5]) {
  Deno.test(`a start sent ${times} times is one transaction with one answer`, async () => {
    const one = start({ idTagInfo: { status: "Accepted", parentIdTag: "P", expiryDate: "2030-01-01T00:00:00Z" } });
    const first = await transactions.recordStart(one);
    assert(first.created);
    for (let i = 1; i < times; i++) {
      const again = await transactions.recordStart({ ...one, receivedAt: at(i), idTagInfo: { status: "Blocked" } });
      assertEquals(JSON.stringify(again.idTagInfo), JSON.stringify(first.idTagInfo));
      assertEquals([again.transactionId, again.created], [first.transactionId, false]);
    }
    assertEquals((await transactions.list({ chargePoint: one.chargePoint }, { limit: 10 })).items.length, 1);
  });
}

Deno.test("a hundred pairs of equal starts at the same moment are a hundred transactions", async () => {
  const starts = Array.from({ length: 100 }, () => start());
  const recorded = await Promise.all([...starts, ...starts].map((each) => transactions.recordStart(each)));
  for (let i = 0; i < 100; i++) {
    assertEquals(recorded[i]!.transactionId, recorded[i + 100]!.transactionId);
    assertEquals([recorded[i]!.created, recorded[i + 100]!.created].sort(), [false, true]);
  }
  const ids = new Set(recorded.map((each) => each.transactionId));
  assertEquals(ids.size, 100);
});

Deno.test("an idTag in another case and a time in another notation are the same start", async () => {
  const one = start({ idTag: fresh("Tag-ÄB"), timestamp: new Date("2026-03-02T09:00:00.000+01:00") });
  const { transactionId } = await transactions.recordStart(one);
  const again = { ...one, idTag: one.idTag.toLowerCase(), timestamp: new Date("2026-03-02T08:00:00Z") };
  assertEquals((await transactions.recordStart(again)).transactionId, transactionId);
});

Deno.test("each difference in the natural key is another transaction", async () => {
  const one = start();
  const others = [
    { connectorId: 2 },
    { idTag: fresh("TAG") },
    { meterStart: 1001 },
    { timestamp: new Date(one.timestamp.getTime() + 1) },
    { chargePoint: fresh("CP") },
  ];
  const ids = new Set([(await transactions.recordStart(one)).transactionId]);
  for (const other of others) ids.add((await transactions.recordStart({ ...one, ...other })).transactionId);
  assertEquals(ids.size, others.length + 1);
});

Deno.test("resent starts use no ids, and ids rise by one in the order of a batch", async () => {
  const before = (await transactions.recordStart(start())).transactionId;
  const batch = Array.from({ length: 20 }, () => start());
  const first = await Promise.all(batch.map((each) => transactions.recordStart(each)));
  await Promise.all(batch.map((each) => transactions.recordStart(each)));
  const after = (await transactions.recordStart(start())).transactionId;
  assertEquals(first.map((each) => each.transactionId), batch.map((_, i) => before + 1 + i));
  assertEquals(after, before + 21);
});

Deno.test("the same idTag at another charge point is ConcurrentTx; the start is recorded, and its answer stays the same when resent", async () => {
  const idTag = fresh("TAG");
  const here = await transactions.recordStart(start({ idTag, maxActiveTransactions: 1 }));
  const there = start({ idTag: idTag.toLowerCase(), maxActiveTransactions: 1 });
  const refused = await transactions.recordStart(there);
  assertEquals([here.idTagInfo.status, refused.idTagInfo.status], ["Accepted", "ConcurrentTx"]);
  assertNotEquals(refused.transactionId, here.transactionId);
  await transactions.recordStop(stop({ chargePoint: there.chargePoint, transactionId: here.transactionId }));
  assertEquals((await transactions.recordStart(there)).idTagInfo.status, "ConcurrentTx");
});

Deno.test("a resent start is not concurrent with itself, nor with a late stop on its own connector", async () => {
  const one = start({ maxActiveTransactions: 1 });
  await transactions.recordStart(one);
  assertEquals((await transactions.recordStart(one)).idTagInfo.status, "Accepted");
  const next = { ...one, meterStart: 2000, timestamp: at(30) };
  assertEquals((await transactions.recordStart(next)).idTagInfo.status, "Accepted");
  const otherConnector = { ...next, connectorId: 2 };
  assertEquals((await transactions.recordStart(otherConnector)).idTagInfo.status, "ConcurrentTx");
});

for (const [max, statuses] of [[2, "AACC"], [3, "AAAC"], [null, "AAAA"], [0, "CCCC"]] as const) {
  Deno.test(`a tag that may charge ${max ?? "without limit"} times at once, one by one and in one batch`, async () => {
    const answers = (all: { idTagInfo: { status: string } }[]) => all.map((each) => each.idTagInfo.status[0]).join("");
    const starts = (idTag: string) => [0, 0, 0, 0].map(() => start({ idTag, maxActiveTransactions: max }));
    const oneByOne = [];
    for (const each of starts(fresh("TAG"))) oneByOne.push(await transactions.recordStart(each));
    assertEquals(answers(oneByOne), statuses);
    const together = starts(fresh("TAG")).map((each) => transactions.recordStart(each));
    assertEquals(answers(await Promise.all(together)), statuses);
  });
}

Deno.test("a refused transaction does not count for the limit of an idTag, nor does an ended one", async () => {
  const idTag = fresh("TAG");
  const first = start({ idTag, maxActiveTransactions: 1 });
  const { transactionId } = await transactions.recordStart(first);
  await transactions.recordStart(start({ idTag, maxActiveTransactions: 1 }));
  await transactions.recordStop(stop({ chargePoint: first.chargePoint, transactionId }));
  const third = await transactions.recordStart(start({ idTag, maxActiveTransactions: 1 }));
  assertEquals(third.idTagInfo.status, "Accepted");
});

Deno.test("a start that is not Accepted is recorded with its status", async () => {
  for (const status of ["Blocked", "Expired", "Invalid"] as const) {
    const one = start({ idTagInfo: { status }, maxActiveTransactions: 0, flags: ["odd"] });
    const { transactionId, idTagInfo } = await transactions.recordStart(one);
    assertEquals(idTagInfo, { status });
    const stored = await transactions.find(transactionId);
    assertEquals([stored?.state, stored?.flags], ["active", ["odd"]]);
  }
});

Deno.test("unusual values are stored: large numbers, long idTags, times far away", async () => {
  const long = fresh("T").padEnd(5000, "x");
  for (const timestamp of [new Date(0), new Date("2199-12-31T23:59:59.999Z")]) {
    const one = start({ connectorId: 2 ** 52, idTag: long, meterStart: -5, reservationId: 2 ** 40, timestamp });
    const { transactionId } = await transactions.recordStart(one);
    const stored = await transactions.find(transactionId);
    assertEquals([stored?.idTag, stored?.connectorId, stored?.startedAt], [long, 2 ** 52, timestamp]);
    assertEquals((await transactions.recordStart(one)).transactionId, transactionId);
  }
});

Deno.test("an older transaction on the connector is abandoned when it is more than seven days old", async () => {
  const day = 24 * 60;
  const oldest = start();
  const { chargePoint, connectorId } = oldest;
  const { transactionId } = await transactions.recordStart(oldest);
  const elsewhere = await transactions.recordStart(start({ chargePoint, connectorId: 2 }));
  await transactions.recordStart(start({ chargePoint, connectorId, timestamp: at(7 * day), receivedAt: at(7 * day) }));
  assertEquals((await transactions.find(transactionId))?.state, "active");
  await transactions.recordStart(
    start({ chargePoint, connectorId, timestamp: at(7 * day + 1), receivedAt: at(7 * day + 1) }),
  );
  const abandoned = await transactions.find(transactionId);
  assertEquals([abandoned?.state, abandoned?.meterStop, abandoned?.flags], ["ended", null, ["abandoned"]]);
  assertEquals((await transactions.find(elsewhere.transactionId))?.state, "active");
  const late = await transactions.recordStop(stop({ chargePoint, transactionId }));
  assertEquals(late, { outcome: "ended", transactionId, created: true });
  assertEquals((await transactions.find(transactionId))?.energyWh, 4000);
});
