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
  // Nothing may be left over from the driver who never plugged in: the next one starts as if alone.
  assertEquals(await tool.operator.transactions(tool.cp.identity), transactionsBefore);
  await tool.charging();
});
