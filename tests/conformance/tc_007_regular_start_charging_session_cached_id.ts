import { defineCase } from "./case.ts";

defineCase({ id: "007", title: "Regular Start Charging Session - Cached Id", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.status("Preparing");
  // No Authorize: the tag came from the charge point's cache, and StartTransaction itself has to check it.
  await tool.startAccepted();
  await tool.status("Charging");
});
