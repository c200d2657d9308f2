import { assert, assertEquals } from "@std/assert";
import { suite } from "../conformance/suite.ts";
import type { Payload } from "../conformance/wire.ts";

/** Long enough for a busy machine to answer in time. */
const test = suite({ callTimeoutSeconds: 3 });

test("CALLs of the charge point are answered while a CALL of the Central System waits for its answer", async (tool) => {
  await tool.authorized();
  const command = tool.operator.start(tool.cp.identity, "ChangeAvailability", { connectorId: 1, type: "Inoperative" });
  const { id } = await tool.cp.expectCall("ChangeAvailability");
  await tool.status("Unavailable");
  await tool.cp.call("Heartbeat");
  const transactionId = await tool.startAccepted();
  await tool.stop(transactionId, "Local");
  tool.cp.wire.send(3, id, { status: "Accepted" });
  assertEquals((await command).body.state, "answered");
});

test("a triggered message may arrive before the confirmation of its trigger", async (tool) => {
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "TriggerMessage", { requestedMessage: "Heartbeat" });
  await tool.cp.expect("TriggerMessage");
  await tool.cp.call("Heartbeat");
  tool.cp.confirm({ status: "Accepted" });
  assertEquals((await command).body.confirmation, { status: "Accepted" });
});

test("only one CALL is in flight, and the others are sent in order", async (tool) => {
  await tool.booted();
  const connectors = Array.from({ length: 12 }, (_, at) => at + 1);
  const commands = [];
  for (const connectorId of connectors) {
    commands.push(tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId }));
    // Each command is recorded before the next one is given, so that their order is certain.
    await tool.operator.untilAllRecorded(tool.cp.identity);
  }
  for (const connectorId of connectors) {
    assertEquals(await tool.cp.expect("UnlockConnector"), { connectorId });
    await tool.cp.assertNothingSent();
    tool.cp.confirm({ status: "Unlocked" });
  }
  for (const each of commands) assertEquals((await each).body.state, "answered");
});

test("a second answer to the same CALL is ignored", async (tool) => {
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  const { id } = await tool.cp.expectCall("UnlockConnector");
  tool.cp.wire.send(3, id, { status: "Unlocked" });
  tool.cp.wire.send(4, id, "InternalError", "", {});
  await tool.cp.assertNothingSent();
  const { state, confirmation } = await tool.operator.getCommand((await command).body.id);
  assertEquals({ state, confirmation }, { state: "answered", confirmation: { status: "Unlocked" } });
  await tool.command("ClearCache", {}, { status: "Accepted" });
});

test("a late answer does not change its command and does not answer the next one", async (tool) => {
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

test("answers to unknown message ids are ignored", async (tool) => {
  await tool.booted();
  tool.cp.wire.send(3, "unknown-id", { status: "Accepted" });
  tool.cp.wire.send(4, "unknown-id", "GenericError", "", {});
  tool.cp.wire.sendText('[3,"short"]');
  tool.cp.wire.sendText('[4,"short"]');
  await tool.cp.assertNothingSent();
});

test("an answer from another charge point is ignored", async (tool) => {
  const other = await tool.another();
  await other.booted();
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
  const { id } = await tool.cp.expectCall("UnlockConnector");
  other.cp.wire.send(3, id, { status: "NotSupported" });
  await other.cp.assertNothingSent();
  tool.cp.confirm({ status: "Unlocked" });
  assertEquals((await command).body.confirmation, { status: "Unlocked" });
});

const refusals: [string, string, string, unknown][] = [
  ["as specified", "NotSupported", "", {}],
  ["with the spelling of OCPP 2.0 and details as text", "FormatViolation", "n".repeat(900), "what?"],
  ["with details as a list", "OccurrenceConstraintViolation", "", ["a"]],
  ["with details null and an unknown code", "MyOwnError", "oops", null],
];
for (const [how, code, description, details] of refusals) {
  test(`a CALLERROR ${how} ends the command with callError`, async (tool) => {
    await tool.booted();
    const command = tool.operator.start(tool.cp.identity, "ClearCache", {});
    await tool.cp.expect("ClearCache");
    tool.cp.refuse(code, description, details);
    const { state, error, confirmation } = (await command).body;
    assertEquals({ state, code: error.code, confirmation }, { state: "callError", code, confirmation: null });
  });
}

test("a CALLERROR with the message id -1 ends the CALL in flight", async (tool) => {
  await tool.booted();
  const command = tool.operator.start(tool.cp.identity, "ClearCache", {});
  await tool.cp.expect("ClearCache");
  tool.cp.wire.send(4, "-1", "NotImplemented", "", {});
  const { state, error } = (await command).body;
  assertEquals({ state, code: error.code }, { state: "callError", code: "NotImplemented" });
});

const wrongAnswers: [string, Payload][] = [["an unknown status", { status: "Perhaps" }], ["no status", {}]];
for (const [what, answer] of wrongAnswers) {
  test(`a confirmation with ${what} ends the command with invalidAnswer, and the API shows the answer`, async (tool) => {
    await tool.booted();
    const command = tool.operator.start(tool.cp.identity, "UnlockConnector", { connectorId: 1 });
    const { id } = await tool.cp.expectCall("UnlockConnector");
    tool.cp.wire.send(3, id, answer);
    const { state, error } = (await command).body;
    assertEquals(state, "invalidAnswer");
    assert(JSON.stringify(error.details).includes(JSON.stringify(answer)), "the details must contain the answer");
  });
}
