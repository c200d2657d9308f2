import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { getReservation, reservationAt, reserve } from "./reservations.ts";

defineCase(
  { id: "046", title: "Reservation of a Connector - Transaction", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    const reservation = await reserve(tool);
    await tool.status("Reserved");
    assertEquals((await getReservation(tool, reservation)).state, "active");
    assertEquals(await reservationAt(tool), reservation.reservationId);
    assertEquals((await tool.authorize(tool.tags.valid)).status, "Accepted");
    await tool.status("Preparing");
    const transactionId = await tool.startAccepted({ reservationId: reservation.reservationId });
    await tool.status("Charging");
    const { state, doubt, transactionId: usedBy } = await getReservation(tool, reservation);
    assertEquals({ state, doubt, usedBy }, { state: "used", doubt: null, usedBy: transactionId });
    assertEquals(await reservationAt(tool), undefined);
  },
);
