import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase(
  { id: "004_1", title: "Regular Charging Session - Identification First", functionality: "Core" },
  async (tool) => {
    await tool.booted();
    assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
    await tool.status("Preparing");
    const transactionId = await tool.startAccepted();
    await tool.status("Charging");
    assertEquals((await tool.operator.transaction(transactionId)).state, "active");
    assertEquals((await tool.operator.connector(tool.cp.identity, tool.connectorId)).status, "Charging");
  },
);
