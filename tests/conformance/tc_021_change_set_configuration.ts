import { defineCase } from "./case.ts";

defineCase({ id: "021", title: "Change/Set Configuration", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.command("ChangeConfiguration", { key: "MeterValueSampleInterval", value: "60" }, { status: "Accepted" });
});
