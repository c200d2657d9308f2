import { defineCase } from "./case.ts";
import { refusedWith } from "./reserving.ts";

defineCase(
  { id: "048_3", title: "Reservation of a Connector - Unavailable", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    const request = { connectorId: tool.connectorId, type: "Inoperative" };
    await tool.command("ChangeAvailability", request, { status: "Accepted" });
    await tool.status("Unavailable");
    // We know that the connector is unavailable, and ask all the same: the charge point decides.
    await refusedWith(tool, "Unavailable");
  },
);
