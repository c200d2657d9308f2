import { defineCase } from "./case.ts";

defineCase({ id: "014", title: "Soft Reset Without Transaction", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.command("Reset", { type: "Soft" }, { status: "Accepted" });
  await tool.reboots();
});
