import { defineCase } from "./case.ts";

defineCase(
  { id: "061", title: "Clear Authorization Data in Authorization Cache", functionality: "Core" },
  async (tool) => {
    await tool.booted();
    await tool.command("ClearCache", {}, { status: "Accepted" });
  },
);
