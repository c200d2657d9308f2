import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "028", title: "Remote Stop Transaction - Rejected", functionality: "Core" }, async (tool) => {
  const transactionId = await tool.charging();
  // An id that the Central System never issued: the operator's word counts, and the charge point's answer.
  await tool.command("RemoteStopTransaction", { transactionId: transactionId + 1000 }, { status: "Rejected" });
  assertEquals((await tool.operator.transaction(transactionId)).state, "active");
});
