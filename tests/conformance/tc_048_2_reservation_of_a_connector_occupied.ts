import { defineCase } from "./case.ts";
import { assertRefused } from "./reservations.ts";

defineCase(
  { id: "048_2", title: "Reservation of a Connector - Occupied", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    await tool.status("Preparing");
    await assertRefused(tool, "Occupied");
  },
);
