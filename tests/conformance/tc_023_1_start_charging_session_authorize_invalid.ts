import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase(
  { id: "023_1", title: "Start Charging Session - Authorize Invalid", functionality: "Core" },
  async (tool) => {
    await tool.booted();
    const { status } = await tool.authorize(tool.tags.invalid);
    assertEquals(status, "Invalid");
  },
);
