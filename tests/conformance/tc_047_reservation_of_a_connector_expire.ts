import { assertEquals } from "@std/assert";
import { defineCase } from "./case.ts";
import { reserve } from "./reservations.ts";

defineCase({ id: "047", title: "Reservation of a Connector - Expire", functionality: "Reservation" }, async (tool) => {
  await tool.booted();
  const { reservationId, state } = await reserve(tool, { expiresInSeconds: 1 });
  assertEquals(state, "active");
  await tool.status("Reserved");
  await tool.operator.until(`/v1/reservations/${reservationId}`, ({ state }) => state === "expired");
  await tool.status("Available");
});
