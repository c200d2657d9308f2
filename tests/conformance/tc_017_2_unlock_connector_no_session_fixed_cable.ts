import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({
  id: "017_2",
  title: "Unlock Connector - No Charging Session Running (Fixed Cable)",
  functionality: "Core",
}, async (tool) => {
  await tool.booted();
  const { id } = await tool.command("UnlockConnector", { connectorId: tool.connectorId }, { status: "NotSupported" });
  // NotSupported is an answer: the Central System stores it and does not retry.
  assertEquals((await tool.operator.getCommand(id)).confirmation, { status: "NotSupported" });
});
