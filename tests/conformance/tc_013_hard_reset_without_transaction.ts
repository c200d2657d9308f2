import { defineCase } from "./case.ts";

defineCase({ id: "013", title: "Hard Reset Without Transaction", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.command("Reset", { type: "Hard" }, { status: "Accepted" });
  await tool.reboots();
});
