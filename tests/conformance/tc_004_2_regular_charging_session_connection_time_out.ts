import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({
  id: "004_2",
  title: "Regular Charging Session - Identification First - ConnectionTimeOut",
  functionality: "Core",
}, async (tool) => {
  const transactionsBefore = await tool.operator.transactions(tool.cp.identity);
  await tool.authorized();
  await tool.status("Preparing");
  await tool.status("Available");
  // The driver who did not plug in must not affect the next transaction.
  assertEquals(await tool.operator.transactions(tool.cp.identity), transactionsBefore);
  await tool.charging();
});
