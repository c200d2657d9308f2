import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";
import { ChargingRateUnit, ReportedChargingSchedule } from "../types/charging_schedule.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";
import { ReportedDateTime } from "../types/date_time.ts";

/** 5.7: the result includes the charge point's own limits. Connector 0 is the grid connection (errata 3.27 to 3.30). */
export const GetCompositeSchedule = defineAction({
  name: "GetCompositeSchedule",
  initiatedBy: "CentralSystem",
  profile: "SmartCharging",
  spec: "5.7",
  summary: "Asks a charge point for the limits of a connector that result from all its charging profiles.",
  whenOffline: "queue",
  request: z.strictObject({
    connectorId: ConnectorOrWhole,
    duration: z.int().min(0).describe("Seconds from now"),
    chargingRateUnit: ChargingRateUnit.optional(),
  }),
  confirmation: z.strictObject({
    status: AcceptedOrRejected,
    connectorId: ConnectorOrWhole.optional(),
    scheduleStart: ReportedDateTime.optional(),
    chargingSchedule: ReportedChargingSchedule.optional(),
  }),
  example: {
    request: { connectorId: 1, duration: 3600, chargingRateUnit: "A" },
    confirmation: {
      status: "Accepted",
      connectorId: 1,
      scheduleStart: "2026-03-02T01:00:00.000Z",
      chargingSchedule: {
        duration: 3600,
        chargingRateUnit: "A",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }, { startPeriod: 1800, limit: 10.5 }],
      },
    },
  },
});
