import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({
  id: "017_2",
  title: "Unlock Connector - No Charging Session Running (Fixed Cable)",
  functionality: "Core",
}, async (tool) => {
  await tool.booted();
  const { id } = await tool.command("UnlockConnector", { connectorId: tool.connectorId }, { status: "NotSupported" });
  // A polite refusal is an answer: it is kept, and it is not tried again.
  assertEquals((await tool.operator.commandNow(id)).confirmation, { status: "NotSupported" });
});
