import { defineCase } from "./case.ts";
import { assertRefused } from "./reservations.ts";

defineCase(
  { id: "048_3", title: "Reservation of a Connector - Unavailable", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    const request = { connectorId: tool.connectorId, type: "Inoperative" };
    await tool.command("ChangeAvailability", request, { status: "Accepted" });
    await tool.status("Unavailable");
    // The Central System sends ReserveNow although it knows that the connector is unavailable: the charge point decides.
    await assertRefused(tool, "Unavailable");
  },
);
