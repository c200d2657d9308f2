import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase(
  { id: "011_1", title: "Remote Start Charging Session - Remote Start First", functionality: "Core" },
  async (tool) => {
    await tool.booted();
    await tool.command("RemoteStartTransaction", { idTag: tool.tags.valid }, { status: "Accepted" });
    assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
    await tool.status("Preparing");
    await tool.startAccepted();
    await tool.status("Charging");
  },
);
