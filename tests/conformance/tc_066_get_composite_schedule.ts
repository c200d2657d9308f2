import { defineCase } from "./case.ts";

defineCase({ id: "066", title: "Get Composite Schedule", functionality: "Smart Charging" }, async (tool) => {
  await tool.booted();
  const { connectorId } = tool;
  await tool.command("GetCompositeSchedule", { connectorId, duration: 300, chargingRateUnit: "A" }, {
    status: "Accepted",
    connectorId,
    scheduleStart: new Date().toISOString(),
    chargingSchedule: {
      duration: 300,
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 6, numberPhases: 3 }],
    },
  });
});
