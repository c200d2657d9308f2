import { assert, assertEquals } from "@std/assert";
import { fc } from "../packages/fast_check.ts";
import { openTestStore } from "../database.ts";
import { at, sample, start } from "./records.ts";

const store = await openTestStore();
const { meterValues, transactions } = store;
Deno.test.afterAll(() => store.close());

async function transaction() {
  const given = start();
  return { chargePoint: given.chargePoint, ...await transactions.recordStart(given) };
}

Deno.test("samples in any order, slicing and repetition are stored once each", async () => {
  const perSample = fc.record({
    minute: fc.nat(40),
    measurand: fc.constantFrom("Voltage", "Current.Import", "Power.Active.Import"),
    phase: fc.constantFrom(null, "L1", "L2"),
    context: fc.constantFrom("Sample.Periodic", "Transaction.Begin"),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(perSample, { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.nat(9)),
      async (points, random) => {
        const { chargePoint, transactionId } = await transaction();
        const samples = points.map(({ minute, ...rest }) =>
          sample({ chargePoint, reportedTransactionId: transactionId, sampledAt: at(minute), ...rest })
        );
        const thrice = [...samples, ...samples, ...samples].map((each) => ({ each, rank: random.next().value }))
          .sort((a, b) => a.rank - b.rank).map(({ each }) => each);
        const messages = [];
        while (thrice.length > 0) messages.push(thrice.splice(0, 1 + random.next().value));
        await Promise.all(messages.map((message) => meterValues.record(message)));
        const { items } = await meterValues.list(transactionId, {}, { limit: 1000 });
        const keys = points.map((each) => [at(each.minute).toISOString(), each.measurand, each.phase, each.context]);
        assertEquals(
          items.map((each) => JSON.stringify([each.sampledAt, each.measurand, each.phase, each.context])).sort(),
          [...new Set(keys.map((key) => JSON.stringify(key)))].sort(),
        );
        const times = items.map((each) => each.sampledAt.getTime());
        assertEquals(times, times.toSorted((a, b) => a - b));
      },
    ),
    { numRuns: 25 },
  );
});

Deno.test("each part of the natural key makes another sample, the value does not", async () => {
  const { chargePoint, transactionId } = await transaction();
  const one = sample({ chargePoint, reportedTransactionId: transactionId });
  const others = [
    { connectorId: 2 },
    { sampledAt: at(2) },
    { measurand: "Voltage" },
    { phase: "L1" },
    { location: "Inlet" },
    { context: "Trigger" },
    { unit: "kWh" },
    { format: "SignedData" },
  ];
  await meterValues.record([one, ...others.map((other) => ({ ...one, ...other })), { ...one, value: "9" }]);
  const { items } = await meterValues.list(transactionId, {}, { limit: 100 });
  assertEquals(items.length, 1 + others.length);
  assert(items.every((each) => each.value === "1000"));
});

Deno.test("a sample is linked only to a transaction of its charge point", async () => {
  const own = await transaction();
  const other = await transaction();
  const { chargePoint } = own;
  await meterValues.record([
    sample({ chargePoint, reportedTransactionId: own.transactionId }),
    sample({ chargePoint, reportedTransactionId: other.transactionId }),
    sample({ chargePoint, reportedTransactionId: null }),
    sample({ chargePoint, reportedTransactionId: -1 }),
    sample({ chargePoint, reportedTransactionId: 2 ** 50 }),
  ]);
  const [linked, ...rest] = (await meterValues.list(own.transactionId, {}, { limit: 10 })).items;
  assertEquals([rest, linked?.foreign, linked?.chargePoint], [[], false, chargePoint]);
  assertEquals((await meterValues.list(other.transactionId, {}, { limit: 10 })).items, []);
});

Deno.test("a sample without a connector gets its transaction's connector", async () => {
  const { chargePoint, transactionId } = await transaction();
  const named = sample({ chargePoint, connectorId: 1, reportedTransactionId: transactionId });
  await meterValues.record([named]);
  await meterValues.record([{ ...named, connectorId: null }]);
  const { items } = await meterValues.list(transactionId, {}, { limit: 10 });
  assertEquals(items.map((each) => each.connectorId), [1]);
});

Deno.test("thousands of samples in one message, listed page by page and by measurand", async () => {
  const { chargePoint, transactionId } = await transaction();
  const samples = Array.from({ length: 2300 }, (_, i) =>
    sample({
      chargePoint,
      reportedTransactionId: transactionId,
      sampledAt: at(Math.floor(i / 2)),
      value: `${i}`,
      measurand: i % 2 ? "Voltage" : "Current.Import",
    }));
  await meterValues.record(samples);
  const values: string[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await meterValues.list(transactionId, { measurand: "Voltage" }, { limit: 400, after });
    values.push(...items.map((each) => each.value));
    after = next ?? undefined;
  } while (after);
  assertEquals(values, samples.filter((_, i) => i % 2).map((each) => each.value));
});

Deno.test("samples of clocks at 1970 and 2199 and of some kilobytes are stored", async () => {
  const { chargePoint, transactionId } = await transaction();
  const times = [new Date(0), new Date("2199-12-31T23:59:59.999Z")];
  await meterValues.record(
    times.map((sampledAt) =>
      sample({ chargePoint, reportedTransactionId: transactionId, sampledAt, value: "OCMF|".padEnd(4000, "x") })
    ),
  );
  const { items } = await meterValues.list(transactionId, {}, { limit: 10 });
  assertEquals(items.map((each) => [each.sampledAt, each.value.length]), times.map((time) => [time, 4000]));
});

Deno.test("partitions are made in advance, also for samples that exist, and dropped by age", async () => {
  const { chargePoint, transactionId } = await transaction();
  const year = 2031;
  const inMonth = (month: number) => new Date(Date.UTC(year, month, 15));
  const record = (sampledAt: Date, value: string) =>
    meterValues.record([sample({ chargePoint, reportedTransactionId: transactionId, sampledAt, value })]);
  const listed = async () => (await meterValues.list(transactionId, {}, { limit: 10 })).items.map((each) => each.value);
  await record(inMonth(4), "first");
  const runs = await Promise.all([1, 2, 3].map(() => meterValues.keepPartitions(inMonth(4))));
  assertEquals(runs.flatMap((run) => run.made).sort(), [4, 5, 6, 7].map((month) => `meter_values_${year}_0${month}`));
  assertEquals((await meterValues.keepPartitions(inMonth(4))).made, []);
  await record(inMonth(4), "first again");
  await record(inMonth(5), "second");
  assertEquals(await listed(), ["first", "second"]);
  const kept = await meterValues.keepPartitions(inMonth(7), 60);
  assertEquals(kept.dropped.filter((name) => name.includes(`${year}`)), [
    `meter_values_${year}_04`,
    `meter_values_${year}_05`,
  ]);
  assertEquals(await listed(), ["second"]);
});
