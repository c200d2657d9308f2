import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { getReservation, reservationAt, reserve } from "./reservations.ts";

defineCase(
  { id: "049", title: "Reservation of a Charge Point - Transaction", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    const reservation = await reserve(tool, { connectorId: 0 });
    await tool.status("Reserved");
    assertEquals(await reservationAt(tool, 0), reservation.reservationId);
    assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
    await tool.status("Preparing");
    const transactionId = await tool.startAccepted({ reservationId: reservation.reservationId });
    await tool.status("Charging");
    const { state, transactionId: usedBy } = await getReservation(tool, reservation);
    assertEquals({ state, usedBy }, { state: "used", usedBy: transactionId });
  },
);
