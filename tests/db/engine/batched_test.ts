import { assert, assertEquals, assertRejects } from "@std/assert";
import { DEADLINE, refused, StoreError, unknownOutcome } from "../../../db/engine/errors.ts";
import { batched } from "../../../db/engine/batched.ts";
import { openTestStore } from "../../database.ts";
import { sample, start } from "../records.ts";

/** A `send` whose statements the test answers. */
function statements<Row>() {
  const sent: { rows: readonly Row[]; answer: PromiseWithResolvers<readonly Row[]> }[] = [];
  return {
    sent,
    send(rows: readonly Row[]): Promise<readonly Row[]> {
      const answer = Promise.withResolvers<readonly Row[]>();
      sent.push({ rows, answer });
      return answer.promise;
    },
  };
}

/** Waits until all due tasks of the event loop have run. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve));

Deno.test("rows that wait at the same moment share a statement, later rows share the next one", async () => {
  const { sent, send } = statements<number>();
  const record = batched(send, { maxRows: 3, maxInFlight: 1 });
  const results = [1, 2, 3, 4, 5].map(record);
  await settled();
  assertEquals(sent.map((each) => each.rows), [[1, 2, 3]]);
  results.push(record(6), record(7));
  sent[0]!.answer.resolve([10, 20, 30]);
  await settled();
  assertEquals(sent[1]!.rows, [4, 5, 6]);
  sent[1]!.answer.resolve([40, 50, 60]);
  await settled();
  sent[2]!.answer.resolve([70]);
  assertEquals(await Promise.all(results), [10, 20, 30, 40, 50, 60, 70]);
});

Deno.test("no more statements run at the same time than allowed", async () => {
  const { sent, send } = statements<number>();
  const record = batched(send, { maxRows: 1, maxInFlight: 2 });
  const results = [1, 2, 3].map(record);
  await settled();
  assertEquals(sent.map((each) => each.rows), [[1], [2]]);
  sent[1]!.answer.resolve([2]);
  await settled();
  assertEquals(sent[2]!.rows, [3]);
  sent[0]!.answer.resolve([1]);
  sent[2]!.answer.resolve([3]);
  assertEquals(await Promise.all(results), [1, 2, 3]);
});

Deno.test("rows with the same key are sent separately and in their order, a row above the limit alone", async () => {
  const { sent, send } = statements<string>();
  const keyed = batched(send, { maxRows: 2, maxInFlight: 1, keyOf: (row) => row[0]! });
  ["a1", "a2", "b1", "a3", "b2"].map(keyed);
  for (let i = 0; i < 3; i++) {
    await settled();
    sent[i]!.answer.resolve(sent[i]!.rows);
  }
  assertEquals(sent.map((each) => each.rows), [["a1", "b1"], ["a2", "b2"], ["a3"]]);

  const heavy = statements<number>();
  const weighed = batched(heavy.send, { maxRows: 10, maxInFlight: 1, sizeOf: (row) => row });
  [4, 4, 50].map(weighed);
  await settled();
  heavy.sent[0]!.answer.resolve([]);
  await settled();
  heavy.sent[1]!.answer.resolve([]);
  await settled();
  assertEquals(heavy.sent.map((each) => each.rows), [[4, 4], [50]]);
});

Deno.test("only the bad row of a batch fails", async () => {
  let statementsSent = 0;
  const record = batched((rows: readonly number[]) => {
    statementsSent++;
    return rows.includes(3) ? Promise.reject(refused({ message: "bad", code: "22P05" })) : Promise.resolve(rows);
  }, { maxRows: 500, maxInFlight: 1 });
  const results = await Promise.allSettled([1, 2, 3, 4].map(record));
  assertEquals(results.map((each) => each.status), ["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  assertEquals(statementsSent, 5);
});

Deno.test("after a lock timeout the rows are not sent one by one", async () => {
  let statementsSent = 0;
  const record = batched((_: readonly number[]) => {
    statementsSent++;
    return Promise.reject(refused({ message: "lock timeout", code: "55P03" }));
  }, { maxRows: 500, maxInFlight: 1 });
  await Promise.allSettled([1, 2, 3].map(record));
  assertEquals(statementsSent, 1);
});

Deno.test("after a broken connection the same rows are sent once more", async () => {
  let statementsSent = 0;
  const breaking = (times: number) =>
    batched((rows: readonly number[]) => {
      const broken = unknownOutcome("gone", "CONNECTION_CLOSED");
      return ++statementsSent <= times ? Promise.reject(broken) : Promise.resolve(rows);
    }, { maxRows: 500, maxInFlight: 1 });
  assertEquals(await breaking(1)(7), 7);
  statementsSent = 0;
  await assertRejects(() => breaking(2)(7), StoreError, "unknown");
});

Deno.test("after a deadline all waiting rows fail without another wait", async () => {
  const { sent, send } = statements<number>();
  const record = batched(send, { maxRows: 1, maxInFlight: 1 });
  const results = Promise.allSettled([1, 2, 3].map(record));
  await settled();
  sent[0]!.answer.reject(unknownOutcome("no answer", DEADLINE));
  assertEquals((await results).map((each) => each.status), ["rejected", "rejected", "rejected"]);
  assertEquals(sent.length, 1);
  const next = record(4);
  await settled();
  sent[1]!.answer.resolve([4]);
  assertEquals(await next, 4);
});

Deno.test("after a timeout of the connect there is no second attempt", async () => {
  let statementsSent = 0;
  const record = batched(() => {
    statementsSent++;
    return Promise.reject(unknownOutcome("no connection", "CONNECT_TIMEOUT"));
  }, { maxRows: 500, maxInFlight: 1 });
  await assertRejects(() => record(7), StoreError, "unknown");
  assertEquals(statementsSent, 1);
});

Deno.test("in the database: only the row with a character that PostgreSQL cannot store fails", async () => {
  const store = await openTestStore();
  try {
    const starts = Array.from({ length: 30 }, (_, i) => start(i === 17 ? { idTag: "a\0b" } : {}));
    const recorded = await Promise.allSettled(starts.map((each) => store.transactions.recordStart(each)));
    recorded.forEach((each, i) => assertEquals(each.status, i === 17 ? "rejected" : "fulfilled"));
    const failure = recorded[17];
    assert(failure?.status === "rejected" && failure.reason instanceof StoreError);
    assertEquals(failure.reason.kind, "refused");
    const values = await Promise.allSettled(
      ["1", "a\0b", "2"].map((value) =>
        store.meterValues.record([sample({ chargePoint: "CP", value, context: value })])
      ),
    );
    assertEquals(values.map((each) => each.status), ["fulfilled", "rejected", "fulfilled"]);
  } finally {
    await store.close();
  }
});
