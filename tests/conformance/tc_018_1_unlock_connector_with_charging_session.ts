import { defineCase } from "./case.ts";

defineCase({ id: "018_1", title: "Unlock Connector - With Charging Session", functionality: "Core" }, async (tool) => {
  const transactionId = await tool.charging();
  await tool.command("UnlockConnector", { connectorId: tool.connectorId }, { status: "Unlocked" });
  await tool.status("Finishing");
  await tool.stop(transactionId, "UnlockCommand");
  await tool.status("Available");
});
