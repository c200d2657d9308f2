import type { Generated } from "kysely";
import type { ChargingProfile } from "../../ocpp/types/charging_profile.ts";

/** The tables of the mirror and its templates, as `Database` has them. */
export interface ChargingProfileTables {
  chargingProfiles: ChargingProfilesTable;
}

export interface ChargingProfilesTable {
  commandId: string;
  chargePoint: string;
  connectorId: number | null;
  chargingProfileId: number;
  purpose: ChargingProfile["chargingProfilePurpose"];
  stackLevel: number;
  profile: ChargingProfile;
  transactionId: number | null;
  awaitedIdTag: string | null;
  waitsUntil: Date | null;
  sentAt: Date;
  installedAt: Date | null;
  doubtedBy: Generated<string[]>;
  doubtedAt: Date | null;
}
