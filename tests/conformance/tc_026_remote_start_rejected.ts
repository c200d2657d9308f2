import { defineCase } from "./case.ts";

defineCase({ id: "026", title: "Remote Start Charging Session - Rejected", functionality: "Core" }, async (tool) => {
  await tool.booted();
  const request = { idTag: tool.tags.valid, connectorId: tool.connectorId };
  await tool.command("RemoteStartTransaction", request, { status: "Rejected" });
});
