import { defineCase } from "./case.ts";

defineCase({ id: "030", title: "Unlock Connector - Unlock Failure", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.command("UnlockConnector", { connectorId: tool.connectorId }, { status: "UnlockFailed" });
});
