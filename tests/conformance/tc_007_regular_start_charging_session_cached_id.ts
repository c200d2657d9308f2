import { defineCase } from "./case.ts";

defineCase({ id: "007", title: "Regular Start Charging Session - Cached Id", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.status("Preparing");
  // The charge point found the idTag in its cache and sends no Authorize; StartTransaction must check the idTag.
  await tool.startAccepted();
  await tool.status("Charging");
});
