import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "055", title: "Trigger Message - Rejected", functionality: "Remote Trigger" }, async (tool) => {
  await tool.booted();
  const request = { requestedMessage: "MeterValues", connectorId: tool.connectorId };
  const { id } = await tool.command("TriggerMessage", request, { status: "Rejected" });
  const { state, confirmation, triggered } = await tool.operator.get(`/v1/commands/${id}`);
  assertEquals({ state, confirmation, triggered }, {
    state: "answered",
    confirmation: { status: "Rejected" },
    triggered: [],
  });
});
