import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { minutesAgo } from "./tool.ts";

defineCase({ id: "037_1", title: "Offline Start Transaction - Valid IdTag", functionality: "Core" }, async (tool) => {
  await tool.booted();
  await tool.cp.reconnect();
  const startedAt = minutesAgo(10);
  const transactionId = await tool.startAccepted({ timestamp: startedAt });
  await tool.status("Charging");
  assertEquals((await tool.operator.transaction(transactionId)).startedAt, startedAt);
});
