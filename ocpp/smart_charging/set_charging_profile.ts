import { z } from "zod";
import { defineAction } from "../action.ts";
import { ChargingProfile } from "../types/charging_profile.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";

/** 5.16: csChargingProfiles has a single profile. It replaces a profile with the same id, or with the same purpose, stack level and connector. */
export const SetChargingProfile = defineAction({
  name: "SetChargingProfile",
  initiatedBy: "CentralSystem",
  profile: "SmartCharging",
  spec: "5.16",
  summary: "Installs a charging profile, which limits the power of a connector or of the whole charge point.",
  whenOffline: "queue",
  request: z.strictObject({ connectorId: ConnectorOrWhole, csChargingProfiles: ChargingProfile }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Rejected", "NotSupported"]) }),
  example: {
    request: {
      connectorId: 1,
      csChargingProfiles: {
        chargingProfileId: 7,
        stackLevel: 0,
        chargingProfilePurpose: "TxDefaultProfile",
        chargingProfileKind: "Recurring",
        recurrencyKind: "Daily",
        chargingSchedule: {
          duration: 86400,
          startSchedule: "2026-03-02T00:00:00.000Z",
          chargingRateUnit: "A",
          chargingSchedulePeriod: [
            { startPeriod: 0, limit: 16 },
            { startPeriod: 28800, limit: 6, numberPhases: 3 },
            { startPeriod: 72000, limit: 16 },
          ],
        },
      },
    },
    confirmation: { status: "Accepted" },
  },
});
