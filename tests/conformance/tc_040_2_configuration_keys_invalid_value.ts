import { defineCase } from "./case.ts";

defineCase({ id: "040_2", title: "Configuration Keys - Invalid Value", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.command("ChangeConfiguration", { key: "MeterValueSampleInterval", value: "-1" }, { status: "Rejected" });
});
