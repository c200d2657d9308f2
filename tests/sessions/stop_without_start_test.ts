import { assertEquals, assertNotEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, now, type Tool } from "../conformance/tool.ts";
import type { Payload } from "../conformance/wire.ts";

const test = suite();

const stopOf = (transactionId: number, more = {}) => ({ transactionId, meterStop: 1800, timestamp: now(), ...more });

async function statesOf({ operator, cp }: Tool): Promise<string[]> {
  return (await operator.transactions(cp.identity)).map(({ state }) => state);
}

for (const transactionId of [0, 424_242, -5, 2 ** 31]) {
  test(`a stop of the unknown transaction ${transactionId} is confirmed and ends nothing`, async (tool) => {
    const running = await tool.charging();
    assertNotEquals(running, transactionId);
    await tool.cp.call("StopTransaction", stopOf(transactionId));
    assertEquals((await tool.operator.transaction(running)).meterStop, null);
  });
}

test("a stop with a transactionId above 2^53 is confirmed and ends nothing", async (tool) => {
  const running = await tool.charging();
  const payload = `{"transactionId":9223372036854775807,"meterStop":7,"timestamp":"${now()}"}`;
  tool.cp.wire.sendText(`[2,"huge","StopTransaction",${payload}]`);
  await tool.cp.confirmation("StopTransaction", "huge");
  assertEquals((await tool.operator.transaction(running)).state, "active");
});

test("a stop of another charge point's transaction is confirmed and does not end it", async (tool) => {
  const other = await tool.another();
  const foreign = await other.charging();
  await tool.booted();
  await tool.cp.call("StopTransaction", stopOf(foreign));
  const { state, chargePoint, meterStop } = await tool.operator.transaction(foreign);
  assertEquals({ state, chargePoint, meterStop }, { state: "active", chargePoint: other.cp.identity, meterStop: null });
});

test("a stop with -1 ends the only open transaction that fits", async (tool) => {
  const transactionId = await tool.charging();
  await tool.cp.call("StopTransaction", stopOf(-1, { idTag: tool.tags.valid, reason: "Local" }));
  const { state, meterStop, flags } = await tool.operator.transaction(transactionId);
  assertEquals({ state, meterStop }, { state: "ended", meterStop: 1800 });
  assertNotEquals(flags, [], "a flag must say that the transactionId was not in the stop");
});

test("meter values with -1 belong to the transaction that the stop with -1 ended", async (tool) => {
  const transactionId = await tool.charging();
  const sampled = (value: string) => ({ timestamp: now(), sampledValue: [{ value }] });
  await tool.cp.call("MeterValues", {
    connectorId: tool.connectorId,
    transactionId: -1,
    meterValue: [sampled("1500")],
  });
  const transactionData = [sampled("1700")];
  const stop = stopOf(-1, { transactionData });
  for (const _ of ["first", "resent"]) await tool.cp.call("StopTransaction", stop);
  const { items } = await tool.operator.get(`/v1/transactions/${transactionId}/meter-values`);
  const kept = items.map(({ value, connectorId }: Payload) => [value, connectorId]);
  assertEquals(kept, [["1500", tool.connectorId], ["1700", tool.connectorId]]);
});

test("a stop with -1 that fits two open transactions ends neither", async (tool) => {
  await tool.charging();
  await tool.startAccepted({ connectorId: 2, idTag: tool.tags.second });
  await tool.cp.call("StopTransaction", stopOf(-1));
  assertEquals(await statesOf(tool), ["active", "active"]);
});

test("a stop with -1 and a meter value below the start fits no transaction and ends nothing", async (tool) => {
  await tool.charging();
  await tool.cp.call("StopTransaction", stopOf(-1, { meterStop: 3 }));
  assertEquals(await statesOf(tool), ["active"]);
});

test("a stop with a meter value below the start, an earlier time and another driver's idTag is recorded and flagged", async (tool) => {
  const transactionId = await tool.charging();
  await tool.cp.call("StopTransaction", {
    transactionId,
    meterStop: 3,
    timestamp: minutesAgo(600),
    idTag: tool.tags.blocked,
    reason: "Other",
  });
  const { state, meterStop, flags } = await tool.operator.transaction(transactionId);
  assertEquals({ state, meterStop }, { state: "ended", meterStop: 3 });
  assertNotEquals(flags, []);
});

test("a reboot does not end a transaction; it is open until its stop arrives", async (tool) => {
  const transactionId = await tool.charging();
  await tool.reboots();
  await tool.reboots();
  assertEquals(await statesOf(tool), ["active"]);
  await tool.stop(transactionId, "PowerLoss", { timestamp: minutesAgo(1) });
});

test("transactionIds are positive, below 2^31, and unique over all charge points", async (tool) => {
  const other = await tool.another();
  await tool.booted();
  await other.booted();
  const ids: number[] = [];
  for (let start = 0; start < 10; start++) {
    // `start` asserts that the transactionId is a positive 32-bit integer.
    const more = { idTag: tool.tags.invalid, meterStart: start };
    ids.push((await tool.start(more)).transactionId, (await other.start(more)).transactionId);
  }
  assertEquals(new Set(ids).size, ids.length);
});
