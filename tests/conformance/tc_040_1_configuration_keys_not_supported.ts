import { defineCase } from "./case.ts";

defineCase({ id: "040_1", title: "Configuration Keys - NotSupported", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.command("ChangeConfiguration", { key: "NoSuchKey", value: "whatever" }, { status: "NotSupported" });
});
