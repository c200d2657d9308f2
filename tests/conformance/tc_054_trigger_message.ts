import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { now } from "./tool.ts";
import type { Payload } from "./wire.ts";

defineCase({ id: "054", title: "Trigger Message", functionality: "Remote Trigger" }, async (tool) => {
  await tool.booted();
  const { connectorId } = tool;
  const meterValue = [{ timestamp: now(), sampledValue: [{ value: "1100", context: "Trigger" }] }];
  const messages: [requestedMessage: string, at: Payload, payload: Payload][] = [
    ["MeterValues", { connectorId }, { connectorId, meterValue }],
    ["Heartbeat", {}, {}],
    ["StatusNotification", { connectorId }, {
      connectorId,
      errorCode: "NoError",
      status: "Available",
      timestamp: now(),
    }],
    ["DiagnosticsStatusNotification", {}, { status: "Idle" }],
    ["FirmwareStatusNotification", {}, { status: "Idle" }],
  ];
  for (const [requestedMessage, at, payload] of messages) {
    const { id } = await tool.command("TriggerMessage", { requestedMessage, ...at }, { status: "Accepted" });
    await tool.cp.call(requestedMessage, payload);
    const { triggered } = await tool.operator.until(`/v1/commands/${id}`, ({ triggered }) => triggered.length > 0);
    assertEquals(triggered.map(({ action, payload }: Payload) => [action, payload]), [[requestedMessage, payload]]);
  }
});
