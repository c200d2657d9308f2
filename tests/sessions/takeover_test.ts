import { assert, assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, type Tool } from "../conformance/tool.ts";
import type { Wire } from "../conformance/wire.ts";

const test = suite();

async function connectionOf({ operator, cp }: Tool): Promise<{ connected: boolean }> {
  return (await operator.get(`/v1/charge-points/${cp.identity}`)).connection;
}

/** Leaves the connection half-open, as a dead mobile connection is, and opens a new one. Returns the older one. */
async function replaceHalfOpen({ cp }: Tool): Promise<Wire> {
  cp.wire.stopReading();
  const older = await cp.connect();
  assert(older);
  return older;
}

test("a new connection is served at once although the older one seems open", async (tool) => {
  await tool.booted();
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  assertEquals((await connectionOf(tool)).connected, true);
  await older.cut();
});

test("the older connection is closed with the code 1000", async (tool) => {
  await tool.booted();
  const older = await tool.cp.connect();
  const { code } = await older!.whenClosed();
  assertEquals(code, 1000);
  await tool.cp.assertNothingSent();
});

test("the late end of the older connection leaves the charge point connected", async (tool) => {
  await tool.booted();
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  await older.cut();
  await tool.cp.assertNothingSent();
  assertEquals((await connectionOf(tool)).connected, true);
  await tool.command("ClearCache", {}, { status: "Accepted" });
});

test("messages on the older connection have no effect", async (tool) => {
  await tool.booted();
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  const start = { connectorId: 1, idTag: tool.tags.valid, meterStart: 5, timestamp: minutesAgo(1) };
  older.send(2, "on-older", "StartTransaction", start);
  // After these round trips, the Central System would have read the frame on the older connection.
  const other = await tool.another();
  await other.booted();
  await tool.cp.assertNothingSent();
  assertEquals(await tool.operator.transactions(tool.cp.identity), []);
  await older.cut();
});

test("the CALL in flight ends as connectionLost, the waiting ones are sent over the new connection", async (tool) => {
  await tool.booted();
  const lost = tool.operator.start(tool.cp.identity, "Reset", { type: "Soft" });
  await tool.cp.expect("Reset");
  const behind = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  await tool.operator.untilAllRecorded(tool.cp.identity);
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  assertEquals((await lost).body.state, "connectionLost");
  await tool.cp.expect("UnlockConnector");
  tool.cp.confirm({ status: "Unlocked" });
  assertEquals((await behind).body.state, "answered");
  await older.cut();
});

test("an answer on the older connection does not answer a CALL on the new one", async (tool) => {
  await tool.booted();
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  const command = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  const { id } = await tool.cp.expectCall("UnlockConnector");
  older.send(3, id, { status: "NotSupported" });
  await tool.cp.assertNothingSent();
  tool.cp.confirm({ status: "Unlocked" });
  assertEquals((await command).body.confirmation, { status: "Unlocked" });
  await older.cut();
});

test("of three connections in quick succession, the newest is used", async (tool) => {
  await tool.booted();
  const first = tool.cp.wire;
  const second = (await tool.cp.connect(), tool.cp.wire);
  await tool.cp.connect();
  assertEquals((await first.whenClosed()).code, 1000);
  assertEquals((await second.whenClosed()).code, 1000);
  await tool.command("ClearCache", {}, { status: "Rejected" });
  assertEquals((await connectionOf(tool)).connected, true);
});

test("after a disconnection, the API shows `connected` false and the time of the last message", async (tool) => {
  await tool.booted();
  await tool.cp.disconnect();
  const disconnected = await tool.operator.until(
    `/v1/charge-points/${tool.cp.identity}`,
    ({ connection }) => !connection.connected,
  );
  assert(disconnected.connection.lastSeen, "lastSeen must be set");
});
