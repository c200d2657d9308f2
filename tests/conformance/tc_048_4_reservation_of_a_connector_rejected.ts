import { defineCase } from "./case.ts";
import { assertRefused } from "./reservations.ts";

defineCase(
  { id: "048_4", title: "Reservation of a Connector - Rejected", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    await assertRefused(tool, "Rejected");
  },
);
