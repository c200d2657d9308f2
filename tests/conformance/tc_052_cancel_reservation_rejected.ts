import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { cancel, reservationNow, reserve } from "./reserving.ts";

defineCase({ id: "052", title: "Cancel Reservation - Rejected", functionality: "Reservation" }, async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool);
  await tool.status("Reserved");
  // The charge point drops the reservation by itself. That is evidence, no proof: what the operator sees is a doubt.
  await tool.status("Available");
  const before = await reservationNow(tool, reservation);
  assertEquals({ state: before.state, doubt: before.doubt }, { state: "active", doubt: "Available" });
  const { state, reason, doubt } = await cancel(tool, reservation, "Rejected");
  assertEquals({ state, reason, doubt }, { state: "cancelled", reason: "NotThere", doubt: null });
});
