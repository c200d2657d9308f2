import { defineCase } from "./case.ts";

defineCase({ id: "012", title: "Remote Stop Charging Session", functionality: "Core" }, async (tool) => {
  const transactionId = await tool.charging();
  await tool.command("RemoteStopTransaction", { transactionId }, { status: "Accepted" });
  await tool.stop(transactionId, "Remote");
  await tool.status("Finishing");
  await tool.status("Available");
});
