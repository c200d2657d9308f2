import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase(
  { id: "023_2", title: "Start Charging Session - Authorize Expired", functionality: "Core" },
  async (tool) => {
    await tool.booted();
    const { status } = await tool.authorize(tool.tags.expired);
    assertEquals(status, "Expired");
  },
);
