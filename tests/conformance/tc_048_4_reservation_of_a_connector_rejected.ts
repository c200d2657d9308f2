import { defineCase } from "./case.ts";
import { refusedWith } from "./reserving.ts";

defineCase(
  { id: "048_4", title: "Reservation of a Connector - Rejected", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    await refusedWith(tool, "Rejected");
  },
);
