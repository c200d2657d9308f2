import { assert, assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import { minutesAgo, type Tool } from "../conformance/tool.ts";
import type { Wire } from "../conformance/wire.ts";

const test = suite();

async function connectionOf({ operator, cp }: Tool): Promise<{ connected: boolean }> {
  return (await operator.get(`/v1/charge-points/${cp.identity}`)).connection;
}

/** Leaves the present connection half-open, as a dead mobile link does, and connects anew. */
async function replaceHalfOpen({ cp }: Tool): Promise<Wire> {
  cp.wire.stopReading();
  const older = await cp.connect();
  assert(older);
  return older;
}

test("a newcomer is served at once although the older connection looks open", async (tool) => {
  await tool.booted();
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  assertEquals((await connectionOf(tool)).connected, true);
  await older.cut();
});

test("the older connection is told to go with a normal close code", async (tool) => {
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

test("what the older connection still sends has no effect", async (tool) => {
  await tool.booted();
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  const start = { connectorId: 1, idTag: tool.tags.valid, meterStart: 5, timestamp: minutesAgo(1) };
  older.send(2, "ghost", "StartTransaction", start);
  // Another charge point's round trip after it: by then the Central System would have read the ghost's frame.
  const other = await tool.another();
  await other.booted();
  await tool.cp.assertNothingSent();
  assertEquals(await tool.operator.transactions(tool.cp.identity), []);
  await older.cut();
});

test("the call in flight ends as lost, the ones behind it go out over the new connection", async (tool) => {
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

test("an answer over the older connection does not settle a call that went out over the new one", async (tool) => {
  await tool.booted();
  const older = await replaceHalfOpen(tool);
  await tool.cp.assertNothingSent();
  const asked = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  const { id } = await tool.cp.expectCall("UnlockConnector");
  older.send(3, id, { status: "NotSupported" });
  await tool.cp.assertNothingSent();
  tool.cp.confirm({ status: "Unlocked" });
  assertEquals((await asked).body.confirmation, { status: "Unlocked" });
  await older.cut();
});

test("three connections within a moment: the newest one wins", async (tool) => {
  await tool.booted();
  const first = tool.cp.wire;
  const second = (await tool.cp.connect(), tool.cp.wire);
  await tool.cp.connect();
  assertEquals((await first.whenClosed()).code, 1000);
  assertEquals((await second.whenClosed()).code, 1000);
  await tool.command("ClearCache", {}, { status: "Rejected" });
  assertEquals((await connectionOf(tool)).connected, true);
});

test("a closed connection is shown as gone", async (tool) => {
  await tool.booted();
  await tool.cp.disconnect();
  const gone = await tool.operator.until(
    `/v1/charge-points/${tool.cp.identity}`,
    ({ connection }) => !connection.connected,
  );
  assert(gone.connection.lastSeen, "it is known when it was last heard of");
});
