import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { cancel, getReservation, reserve } from "./reservations.ts";

defineCase({ id: "052", title: "Cancel Reservation - Rejected", functionality: "Reservation" }, async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool);
  await tool.status("Reserved");
  // The charge point drops the reservation by itself. The status is not a proof of that, so the API shows it as a doubt.
  await tool.status("Available");
  const before = await getReservation(tool, reservation);
  assertEquals({ state: before.state, doubt: before.doubt }, { state: "active", doubt: "Available" });
  const { state, reason, doubt } = await cancel(tool, reservation, "Rejected");
  assertEquals({ state, reason, doubt }, { state: "cancelled", reason: "NotThere", doubt: null });
});
