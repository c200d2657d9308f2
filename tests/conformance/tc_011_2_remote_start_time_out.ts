import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "011_2", title: "Remote Start Charging Session - Time Out", functionality: "Core" }, async (tool) => {
  const transactionsBefore = await tool.operator.transactions(tool.cp.identity);
  await tool.booted();
  const request = { idTag: tool.tags.valid, connectorId: tool.connectorId };
  await tool.command("RemoteStartTransaction", request, { status: "Accepted" });
  assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
  await tool.status("Preparing");
  // The driver does not plug in. The remote start must leave no state that affects the next transaction.
  await tool.status("Available");
  assertEquals(await tool.operator.transactions(tool.cp.identity), transactionsBefore);
});
