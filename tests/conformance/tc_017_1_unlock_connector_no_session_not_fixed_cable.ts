import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({
  id: "017_1",
  title: "Unlock Connector - No Charging Session Running (Not Fixed Cable)",
  functionality: "Core",
}, async (tool) => {
  await tool.booted();
  const { id } = await tool.command("UnlockConnector", { connectorId: tool.connectorId }, { status: "Unlocked" });
  assertEquals((await tool.operator.getCommand(id)).confirmation, { status: "Unlocked" });
});
