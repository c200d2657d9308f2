import { defineCase } from "./case.ts";
import { minutesAgo } from "./tool.ts";

defineCase({ id: "039", title: "Offline Transaction", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.cp.reconnect();
  const transactionId = await tool.startAccepted({ timestamp: minutesAgo(30) });
  await tool.stop(transactionId, "Local", { timestamp: minutesAgo(5) });
});
