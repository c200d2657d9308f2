import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";

defineCase(
  { id: "010", title: "Remote Start Charging Session - Cable Plugged in First", functionality: "Core" },
  async (tool) => {
    await tool.booted();
    await tool.status("Preparing");
    const request = { idTag: tool.tags.valid, connectorId: tool.connectorId };
    await tool.command("RemoteStartTransaction", request, { status: "Accepted" });
    assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
    await tool.startAccepted();
    await tool.status("Charging");
  },
);
