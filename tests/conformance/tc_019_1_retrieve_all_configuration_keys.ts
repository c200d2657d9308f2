import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "019_1", title: "Retrieve All Configuration Keys", functionality: "Core" }, async (tool) => {
  await tool.booted();
  const configurationKey = [
    { key: "HeartbeatInterval", readonly: false, value: "300" },
    { key: "NumberOfConnectors", readonly: true, value: "2" },
    { key: "AuthorizationKey", readonly: false },
  ];
  await tool.command("GetConfiguration", {}, { configurationKey });
  const known = await tool.operator.get(`/v1/charge-points/${tool.cp.identity}/configuration`);
  const keys = known.items.map(({ key }: { key: string }) => key);
  assertEquals(keys.sort(), ["AuthorizationKey", "HeartbeatInterval", "NumberOfConnectors"]);
});
