import { defineCase } from "./case.ts";

defineCase({ id: "031", title: "Unlock Connector - Unknown Connector", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.command("UnlockConnector", { connectorId: 99 }, { status: "NotSupported" });
});
