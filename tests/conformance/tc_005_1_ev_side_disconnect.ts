import { defineCase } from "./case.ts";

defineCase({ id: "005_1", title: "EV Side Disconnect", functionality: "Core" }, async (tool) => {
  const transactionId = await tool.charging();
  await tool.status("SuspendedEV");
  await tool.stop(transactionId, "EVDisconnected");
  await tool.status("Finishing");
  await tool.status("Available");
});
