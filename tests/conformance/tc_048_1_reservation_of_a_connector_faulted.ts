import { defineCase } from "./case.ts";
import { assertRefused } from "./reservations.ts";

defineCase(
  { id: "048_1", title: "Reservation of a Connector - Faulted", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    await assertRefused(tool, "Faulted");
  },
);
