import { assert, assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import type { Payload } from "../conformance/wire.ts";

const test = suite({ callTimeoutSeconds: 1 });

test("a charge point that calls while our call waits is answered before it answers", async (tool) => {
  await tool.authorized();
  const asked = tool.operator.start(tool.cp.identity, "ChangeAvailability", { connectorId: 1, type: "Inoperative" });
  const { id } = await tool.cp.expectCall("ChangeAvailability");
  await tool.status("Unavailable");
  await tool.cp.call("Heartbeat");
  const transactionId = await tool.startAccepted();
  await tool.stop(transactionId, "Local");
  tool.cp.wire.send(3, id, { status: "Accepted" });
  assertEquals((await asked).body.state, "answered");
});

test("a triggered message may overtake the confirmation of its trigger", async (tool) => {
  await tool.booted();
  const asked = tool.operator.start(tool.cp.identity, "TriggerMessage", { requestedMessage: "Heartbeat" });
  await tool.cp.expect("TriggerMessage");
  await tool.cp.call("Heartbeat");
  tool.cp.confirm({ status: "Accepted" });
  assertEquals((await asked).body.confirmation, { status: "Accepted" });
});

test("only one call is in flight, the others wait their turn in order", async (tool) => {
  await tool.booted();
  const connectors = Array.from({ length: 12 }, (_, at) => at + 1);
  const asked = [];
  for (const connectorId of connectors) {
    asked.push(tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId }));
    // Given one after the other, so that their order is known.
    await tool.operator.untilAllRecorded(tool.cp.identity);
  }
  for (const connectorId of connectors) {
    assertEquals(await tool.cp.expect("UnlockConnector"), { connectorId });
    await tool.cp.assertNothingSent();
    tool.cp.confirm({ status: "Unlocked" });
  }
  for (const each of asked) assertEquals((await each).body.state, "answered");
});

test("the second of two answers to one call is ignored", async (tool) => {
  await tool.booted();
  const asked = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  const { id } = await tool.cp.expectCall("UnlockConnector");
  tool.cp.wire.send(3, id, { status: "Unlocked" });
  tool.cp.wire.send(4, id, "InternalError", "", {});
  await tool.cp.assertNothingSent();
  const { state, confirmation } = await tool.operator.getCommand((await asked).body.id);
  assertEquals({ state, confirmation }, { state: "answered", confirmation: { status: "Unlocked" } });
  await tool.command("ClearCache", {}, { status: "Accepted" });
});

test("a late answer is noted with its command and does not answer the next one", async (tool) => {
  await tool.booted();
  const silent = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  const { id } = await tool.cp.expectCall("UnlockConnector");
  const { status, body: timedOut } = await silent;
  assertEquals({ status, state: timedOut.state }, { status: 200, state: "timedOut" });
  const next = tool.operator.start(tool.cp.identity, "ClearCache", {});
  await tool.cp.expect("ClearCache");
  tool.cp.wire.send(3, id, { status: "Unlocked" });
  await tool.cp.assertNothingSent();
  tool.cp.confirm({ status: "Rejected" });
  assertEquals((await next).body.confirmation, { status: "Rejected" });
  const { state, confirmation } = await tool.operator.getCommand(timedOut.id);
  assertEquals({ state, confirmation }, { state: "timedOut", confirmation: null });
});

test("answers to calls that were never made are ignored", async (tool) => {
  await tool.booted();
  tool.cp.wire.send(3, "nobody-asked", { status: "Accepted" });
  tool.cp.wire.send(4, "nobody-asked", "GenericError", "", {});
  tool.cp.wire.sendText('[3,"short"]');
  tool.cp.wire.sendText('[4,"short"]');
  await tool.cp.assertNothingSent();
});

test("another charge point cannot answer a call that was not made to it", async (tool) => {
  const other = await tool.another();
  await other.booted();
  await tool.booted();
  const asked = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  const { id } = await tool.cp.expectCall("UnlockConnector");
  other.cp.wire.send(3, id, { status: "NotSupported" });
  await other.cp.assertNothingSent();
  tool.cp.confirm({ status: "Unlocked" });
  assertEquals((await asked).body.confirmation, { status: "Unlocked" });
});

const refusals: [string, string, string, unknown][] = [
  ["as specified", "NotSupported", "", {}],
  ["in the other spelling, with details as text", "FormatViolation", "n".repeat(900), "what?"],
  ["with details as a list", "OccurrenceConstraintViolation", "", ["a"]],
  ["with details null and a code of its own", "MyOwnError", "oops", null],
];
for (const [how, code, description, details] of refusals) {
  test(`a CALLERROR ${how} is the command's outcome`, async (tool) => {
    await tool.booted();
    const asked = tool.operator.start(tool.cp.identity, "ClearCache", {});
    await tool.cp.expect("ClearCache");
    tool.cp.refuse(code, description, details);
    const { state, error, confirmation } = (await asked).body;
    assertEquals({ state, code: error.code, confirmation }, { state: "callError", code, confirmation: null });
  });
}

test("a CALLERROR with the id -1 means the one call in flight", async (tool) => {
  await tool.booted();
  const asked = tool.operator.start(tool.cp.identity, "ClearCache", {});
  await tool.cp.expect("ClearCache");
  tool.cp.wire.send(4, "-1", "NotImplemented", "", {});
  const { state, error } = (await asked).body;
  assertEquals({ state, code: error.code }, { state: "callError", code: "NotImplemented" });
});

const wrongAnswers: [string, Payload][] = [["an unknown status", { status: "Perhaps" }], ["no status", {}]];
for (const [what, answer] of wrongAnswers) {
  test(`a confirmation with ${what} is an invalid answer that can be looked at`, async (tool) => {
    await tool.booted();
    const asked = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
    const { id } = await tool.cp.expectCall("UnlockConnector");
    tool.cp.wire.send(3, id, answer);
    const { state, error } = (await asked).body;
    assertEquals(state, "invalidAnswer");
    assert(JSON.stringify(error.details).includes(JSON.stringify(answer)), "the answer is kept in the details");
  });
}
