import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { getReservation, reserve } from "./reservations.ts";

defineCase(
  { id: "053", title: "Use a Reserved Connector with parentIdTag", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    const { parent, second } = tool.tags;
    const reservation = await reserve(tool, { parentIdTag: parent });
    assertEquals(reservation.parentIdTag, parent);
    await tool.status("Reserved");
    // The charge point needs the parentIdTag in the answer to see that this driver may use the reservation.
    assertEquals(await tool.authorize(second), { status: "Accepted", parentIdTag: parent });
    await tool.status("Preparing");
    const more = { idTag: second, reservationId: reservation.reservationId };
    const transactionId = await tool.startAccepted(more);
    await tool.status("Charging");
    const { state, transactionId: usedBy } = await getReservation(tool, reservation);
    assertEquals({ state, usedBy }, { state: "used", usedBy: transactionId });
  },
);
