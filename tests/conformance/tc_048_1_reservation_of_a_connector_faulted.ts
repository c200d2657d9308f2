import { defineCase } from "./case.ts";
import { refusedWith } from "./reserving.ts";

defineCase(
  { id: "048_1", title: "Reservation of a Connector - Faulted", functionality: "Reservation" },
  async (tool) => {
    await tool.booted();
    await refusedWith(tool, "Faulted");
  },
);
