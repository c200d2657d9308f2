import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { cancel, reserve } from "./reservations.ts";

defineCase({ id: "051", title: "Cancel Reservation", functionality: "Reservation" }, async (tool) => {
  await tool.booted();
  const reservation = await reserve(tool);
  await tool.status("Reserved");
  const { state, reason, command } = await cancel(tool, reservation);
  assertEquals({ state, reason, action: command.action }, {
    state: "cancelled",
    reason: null,
    action: "CancelReservation",
  });
  await tool.status("Available");
});
