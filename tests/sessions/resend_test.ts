import { assertEquals, assertNotEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, now, type Tool } from "../conformance/tool.ts";
import type { Payload } from "../conformance/wire.ts";

const test = suite();

function startOf({ tags, connectorId }: Tool, more: Payload = {}): Payload {
  return { connectorId, idTag: tags.valid, meterStart: 2000, timestamp: minutesAgo(3), ...more };
}

test("a start that is sent again, also over new connections, is one transaction and always gets the same answer", async (tool) => {
  await tool.booted();
  const start = startOf(tool);
  const first = await tool.cp.call("StartTransaction", start);
  for (let again = 1; again <= 4; again++) {
    if (again % 2 === 0) await tool.cp.reconnect();
    assertEquals(await tool.cp.call("StartTransaction", start), first);
  }
  assertEquals((await tool.operator.transactions(tool.cp.identity)).length, 1);
});

test("a start that is sent 20 times without waiting for an answer is one transaction", async (tool) => {
  await tool.booted();
  const start = startOf(tool);
  const ids = Array.from({ length: 20 }, () => tool.cp.send("StartTransaction", start));
  const answers = [];
  for (const id of ids) answers.push(await tool.cp.confirmation("StartTransaction", id));
  assertEquals(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  assertEquals((await tool.operator.transactions(tool.cp.identity)).length, 1);
});

test("a start that is sent again over a new connection before its first answer is one transaction", async (tool) => {
  await tool.booted();
  for (let round = 0; round < 30; round++) {
    const start = startOf(tool, { meterStart: round, idTag: tool.tags.invalid });
    tool.cp.send("StartTransaction", start);
    const older = await tool.cp.connect();
    const { transactionId } = await tool.cp.call("StartTransaction", start);
    assertEquals((await tool.cp.call("StartTransaction", start)).transactionId, transactionId);
    await older?.cut();
  }
  assertEquals((await tool.operator.transactions(tool.cp.identity)).length, 30);
});

test("a start with another notation of the same time and the same idTag is the same start", async (tool) => {
  await tool.booted();
  const start = startOf(tool, { timestamp: "2026-03-02T10:00:00.000Z" });
  const first = await tool.cp.call("StartTransaction", start);
  const notations = ["2026-03-02T11:00:00+01:00", "2026-03-02T10:00:00Z", "2026-03-02T10:00:00.0000000Z"];
  for (const timestamp of notations) {
    const id = `other-${timestamp}`.slice(0, 36);
    tool.cp.wire.send(2, id, "StartTransaction", { ...start, idTag: tool.tags.valid.toLowerCase(), timestamp });
    assertEquals(await tool.cp.confirmation("StartTransaction", id), first);
  }
});

test("a start that arrives again after its stop leaves the transaction ended", async (tool) => {
  await tool.booted();
  const start = startOf(tool, { meterStart: 1000 });
  const first = await tool.cp.call("StartTransaction", start);
  await tool.stop(Number(first.transactionId), "Local");
  assertEquals(await tool.cp.call("StartTransaction", start), first);
  const transactions = await tool.operator.transactions(tool.cp.identity);
  assertEquals(transactions.map(({ state }) => state), ["ended"]);
});

test("a start that is sent again gets its first answer, also when its idTag was blocked since", async (tool) => {
  await tool.booted();
  const start = startOf(tool);
  const first = await tool.cp.call("StartTransaction", start);
  await tool.operator.put(`/v1/id-tags/${tool.tags.valid}`, { status: "Blocked" });
  assertEquals(await tool.cp.call("StartTransaction", start), first);
});

test("a stop that is sent again is confirmed and changes nothing", async (tool) => {
  const transactionId = await tool.charging();
  const stop = { transactionId, meterStop: 1700, timestamp: now(), reason: "Local", idTag: tool.tags.valid };
  const first = await tool.cp.call("StopTransaction", stop);
  const ended = await tool.operator.transaction(transactionId);
  await tool.cp.reconnect();
  assertEquals(await tool.cp.call("StopTransaction", stop), first);
  assertEquals(await tool.operator.transaction(transactionId), ended);
});

test("a second stop with other values is confirmed and flagged, and the first stop stays", async (tool) => {
  const transactionId = await tool.charging();
  await tool.stop(transactionId, "Local");
  const other = { transactionId, meterStop: 9999, timestamp: now(), reason: "PowerLoss" };
  await tool.cp.call("StopTransaction", other);
  const { meterStop, reason, flags } = await tool.operator.transaction(transactionId);
  assertEquals({ meterStop, reason }, { meterStop: 1500, reason: "Local" });
  assertNotEquals(flags, []);
});

test("a CALL with a used message id is a new CALL, on the same connection and on the next", async (tool) => {
  await tool.booted();
  const first = tool.cp.send("StartTransaction", startOf(tool, { meterStart: 1 }), "2596996162");
  const { transactionId } = await tool.cp.confirmation("StartTransaction", first);
  tool.cp.send("Heartbeat", {}, "2596996162");
  await tool.cp.confirmation("Heartbeat", "2596996162");
  await tool.cp.reconnect();
  const stop = { transactionId, meterStop: 2, timestamp: now() };
  tool.cp.send("StopTransaction", stop, "2596996162");
  await tool.cp.confirmation("StopTransaction", "2596996162");
  assertEquals((await tool.operator.transaction(Number(transactionId))).state, "ended");
});

test("two equal starts with the same message id at the same time are one transaction", async (tool) => {
  await tool.booted();
  const start = startOf(tool);
  tool.cp.send("StartTransaction", start, "same");
  tool.cp.send("StartTransaction", start, "same");
  for (let answer = 0; answer < 2; answer++) {
    const frame = await tool.cp.wire.next("an answer");
    assertEquals({ id: frame.id, isAnswer: frame.kind !== "CALL" }, { id: "same", isAnswer: true });
  }
  assertEquals((await tool.operator.transactions(tool.cp.identity)).length, 1);
});
