import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase(
  { id: "023_3", title: "Start Charging Session - Authorize Blocked", functionality: "Core" },
  async (tool) => {
    await tool.booted();
    const { status } = await tool.authorize(tool.tags.blocked);
    assertEquals(status, "Blocked");
  },
);
