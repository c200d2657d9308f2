import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { minutesAgo } from "./tool.ts";

defineCase({
  id: "037_3",
  title: "Offline Start Transaction - Invalid IdTag - StopTransactionOnInvalidId",
  functionality: "Core",
}, async (tool) => {
  await tool.booted();
  await tool.cp.reconnect();
  // The energy has been delivered, so the start is recorded and gets a transactionId, also for an invalid idTag.
  const { transactionId, idTagInfo } = await tool.start({ idTag: tool.tags.invalid, timestamp: minutesAgo(10) });
  assertEquals(idTagInfo.status, "Invalid");
  await tool.status("Charging");
  await tool.stop(transactionId, "DeAuthorized");
  await tool.status("Finishing");
});
