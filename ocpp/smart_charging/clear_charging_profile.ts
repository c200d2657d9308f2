import { z } from "zod";
import { defineAction } from "../action.ts";
import { ChargingProfilePurpose } from "../types/charging_profile.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";

/** 5.6: no field clears all profiles. An id decides alone; without an id every given field must match (errata 3.25, 3.26). */
export const ClearChargingProfile = defineAction({
  name: "ClearChargingProfile",
  initiatedBy: "CentralSystem",
  profile: "SmartCharging",
  spec: "5.6",
  summary: "Removes charging profiles from a charge point: one by its id, all that match, or all.",
  whenOffline: "queue",
  request: z.strictObject({
    id: z.int().optional().describe("A chargingProfileId; with it the other fields are ignored"),
    connectorId: ConnectorOrWhole.optional(),
    chargingProfilePurpose: ChargingProfilePurpose.optional(),
    stackLevel: z.int().min(0).optional(),
  }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Unknown"]) }),
  example: {
    request: { connectorId: 1, chargingProfilePurpose: "TxDefaultProfile", stackLevel: 0 },
    confirmation: { status: "Accepted" },
  },
});
