import { assertEquals } from "@std/assert";
import { suite } from "../../conformance/suite.ts";
import { now, type Tool } from "../../conformance/tool.ts";
import type { Payload } from "../../conformance/wire.ts";

const test = suite({ callTimeoutSeconds: 1 });

const status = (connectorId: number): Payload => (
  { connectorId, errorCode: "NoError", status: "Available", timestamp: now() }
);

/** Waits until a command has `count` triggered messages; returns them. */
async function triggeredBy(tool: Tool, id: string, count: number) {
  const { triggered } = await tool.operator.until(`/v1/commands/${id}`, ({ triggered }) => triggered.length === count);
  return (triggered as { action: string; connectorId: number | null; messageId: string; payload: Payload }[]);
}

/** Gives a trigger command; the charge point has received it and not answered yet. */
async function trigger(tool: Tool, request: Payload, action = "TriggerMessage", query = "") {
  const answered = tool.operator.start(tool.cp.identity, action, request, query);
  return { answered, call: await tool.cp.expectCall(action) };
}

/** Waits until another trigger has been recorded: everything before it has been recorded then, too. */
async function untilRecorded(tool: Tool): Promise<void> {
  const { id } = await tool.command("TriggerMessage", { requestedMessage: "Heartbeat" }, { status: "Accepted" });
  await tool.cp.call("Heartbeat");
  await triggeredBy(tool, id, 1);
}

test("a triggered message may come before the confirmation, and the message log links it to the command", async (tool) => {
  await tool.booted();
  const { answered, call } = await trigger(tool, { requestedMessage: "StatusNotification", connectorId: 1 });
  const messageId = tool.cp.send("StatusNotification", status(1));
  await tool.cp.confirmation("StatusNotification", messageId);
  tool.cp.wire.send(3, call.id, { status: "Accepted" });
  const { id } = (await answered).body;
  const [message] = await triggeredBy(tool, id, 1);
  assertEquals(message!.messageId, messageId);
  const path = `/v1/charge-points/${tool.cp.identity}/messages?action=StatusNotification&limit=2`;
  const { items } = await tool.operator.until(path, ({ items }) => items[1]?.messageId === messageId);
  assertEquals(items.map(({ type, commandId }: Payload) => [type, commandId]), [["CALLRESULT", id], ["CALL", id]]);
});

test("a message that came before a refusal of the trigger is not linked", async (tool) => {
  await tool.booted();
  for (
    const refuse of [
      (id: string) => tool.cp.wire.send(3, id, { status: "Rejected" }),
      (id: string) => tool.cp.wire.send(3, id, { status: "NotImplemented" }),
      (id: string) => tool.cp.wire.send(4, id, "NotSupported", "", {}),
    ]
  ) {
    const { answered, call } = await trigger(tool, { requestedMessage: "Heartbeat" });
    await tool.cp.call("Heartbeat");
    refuse(call.id);
    await triggeredBy(tool, (await answered).body.id, 0);
    await untilRecorded(tool);
    assertEquals((await triggeredBy(tool, (await answered).body.id, 0)).length, 0);
  }
});

test("a message is linked to a trigger without an answer", async (tool) => {
  await tool.booted();
  const { answered } = await trigger(tool, { requestedMessage: "Heartbeat" });
  await tool.cp.call("Heartbeat");
  assertEquals((await answered).body.state, "timedOut");
  await triggeredBy(tool, (await answered).body.id, 1);
});

test("a trigger for a connector is linked to the first message of this connector only", async (tool) => {
  await tool.booted();
  const request = { requestedMessage: "StatusNotification", connectorId: 2 };
  const { id } = await tool.command("TriggerMessage", request, { status: "Accepted" });
  for (const connectorId of [0, 1, 2, 2, 1]) await tool.cp.call("StatusNotification", status(connectorId));
  await untilRecorded(tool);
  assertEquals((await triggeredBy(tool, id, 1)).map(({ connectorId }) => connectorId), [2]);
});

test("a trigger without a connector is linked to one message of each connector", async (tool) => {
  await tool.booted();
  const request = { requestedMessage: "StatusNotification" };
  const { id } = await tool.command("TriggerMessage", request, { status: "Accepted" });
  for (const connectorId of [0, 1, 1, 2]) await tool.cp.call("StatusNotification", status(connectorId));
  await untilRecorded(tool);
  assertEquals((await triggeredBy(tool, id, 3)).map(({ connectorId }) => connectorId), [0, 1, 2]);
});

test("two triggers of the same message are linked in their order", async (tool) => {
  await tool.booted();
  const ids = [];
  for (let i = 0; i < 2; i++) {
    ids.push((await tool.command("TriggerMessage", { requestedMessage: "Heartbeat" }, { status: "Accepted" })).id);
  }
  const [first, second] = [tool.cp.send("Heartbeat", {}), tool.cp.send("Heartbeat", {})];
  for (const id of [first, second]) await tool.cp.confirmation("Heartbeat", id);
  assertEquals((await triggeredBy(tool, ids[0]!, 1))[0]!.messageId, first);
  assertEquals((await triggeredBy(tool, ids[1]!, 1))[0]!.messageId, second);
});

test("extended triggers are linked to the messages that they mean", async (tool) => {
  await tool.booted();
  const csr = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----";
  const expected: [string, string, Payload][] = [
    ["SignChargePointCertificate", "SignCertificate", { csr }],
    ["FirmwareStatusNotification", "SignedFirmwareStatusNotification", { status: "Idle" }],
    ["LogStatusNotification", "LogStatusNotification", { status: "Idle" }],
  ];
  for (const [requestedMessage, action, payload] of expected) {
    const { id } = await tool.command("ExtendedTriggerMessage", { requestedMessage }, { status: "Accepted" });
    await tool.cp.call(action, payload);
    assertEquals((await triggeredBy(tool, id, 1))[0]!.action, action);
  }
});

test("a boot that was triggered with force=true is linked", async (tool) => {
  await tool.booted();
  const { answered, call } = await trigger(
    tool,
    { requestedMessage: "BootNotification" },
    "TriggerMessage",
    "?force=true",
  );
  tool.cp.wire.send(3, call.id, { status: "Accepted" });
  const { id } = (await answered).body;
  await tool.boot();
  assertEquals((await triggeredBy(tool, id, 1))[0]!.payload.chargePointVendor, "Certification");
});

test("open and served triggers survive a restart and a new connection", async (tool, central) => {
  await tool.booted();
  const served = await tool.command("TriggerMessage", { requestedMessage: "Heartbeat" }, { status: "Accepted" });
  await tool.cp.call("Heartbeat");
  const request = { requestedMessage: "StatusNotification" };
  const open = await tool.command("TriggerMessage", request, { status: "Accepted" });
  await tool.cp.call("StatusNotification", status(1));
  await triggeredBy(tool, open.id, 1);
  await central.restart();
  await tool.cp.disconnect("cut");
  await tool.cp.connect();
  for (const connectorId of [1, 2]) await tool.cp.call("StatusNotification", status(connectorId));
  assertEquals((await triggeredBy(tool, open.id, 2)).map(({ connectorId }) => connectorId), [1, 2]);
  await triggeredBy(tool, served.id, 1);
});

test("a long message is linked with the beginning of its payload", async (tool) => {
  await tool.booted();
  const request = { requestedMessage: "MeterValues", connectorId: 1 };
  const { id } = await tool.command("TriggerMessage", request, { status: "Accepted" });
  const sampledValue = [{ value: "7".repeat(20_000) }];
  await tool.cp.call("MeterValues", { connectorId: 1, meterValue: [{ timestamp: now(), sampledValue }] });
  const [message] = await triggeredBy(tool, id, 1);
  const { cut, payload } = message as unknown as { cut: boolean; payload: string };
  assertEquals([cut, payload.length], [true, 16_385]);
});
