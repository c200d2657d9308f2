import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "003", title: "Regular Charging Session - Plug-in First", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.status("Preparing");
  await tool.authorized();
  const transactionId = await tool.startAccepted();
  await tool.status("Charging");
  const { state, idTag } = await tool.operator.transaction(transactionId);
  assertEquals({ state, idTag }, { state: "active", idTag: tool.tags.valid });
});
