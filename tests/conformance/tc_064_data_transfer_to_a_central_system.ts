import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase({ id: "064", title: "Data Transfer to a Central System", functionality: "Core" }, async (tool) => {
  await tool.booted();
  const request = { vendorId: "com.example.unknown", messageId: "Hello", data: "{}" };
  assertEquals(await tool.cp.call("DataTransfer", request), { status: "UnknownVendorId" });
});
