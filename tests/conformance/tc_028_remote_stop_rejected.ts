import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "028", title: "Remote Stop Transaction - Rejected", functionality: "Core" }, async (tool) => {
  const transactionId = await tool.charging();
  // The Central System sends also a transactionId that it never issued; the charge point decides.
  await tool.command("RemoteStopTransaction", { transactionId: transactionId + 1000 }, { status: "Rejected" });
  assertEquals((await tool.operator.transaction(transactionId)).state, "active");
});
