import type { Generated } from "kysely";
import type { ChargingProfile } from "../../ocpp/types/charging_profile.ts";

/** The tables of charging profiles, a part of `Database` in tables.ts. */
export interface ChargingProfileTables {
  chargingProfiles: ChargingProfilesTable;
  profileTemplates: ProfileTemplatesTable;
  profileInstallations: ProfileInstallationsTable;
  profileInstallationTargets: ProfileInstallationTargetsTable;
}

export interface ChargingProfilesTable {
  /** The id of the command that sent the profile. */
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
  /** When the charge point accepted it, or its transaction started; null: not known. */
  installedAt: Date | null;
  /** The ids of commands that may have installed, replaced or cleared it, or whose answer contradicts the mirror. Empty: no doubt. */
  doubtedBy: Generated<string[]>;
  /** Since when the doubt is lasting, not only a command under way. */
  doubtedAt: Date | null;
  /** The number of older profiles of the same id and place without a known outcome that are not kept. One of them may be installed instead. */
  others: Generated<number>;
}

export interface ProfileTemplatesTable {
  id: string;
  number: Generated<number>;
  name: string;
  description: string;
  profile: ChargingProfile;
  createdAt: Date;
  updatedAt: Date;
}

export interface ProfileInstallationsTable {
  id: string;
  templateId: string;
  connectorId: number;
  profile: ChargingProfile;
  /** `running`: the profile gets the transactionId of the active transaction on the connector. */
  transactions: "any" | "running";
  whenOffline: "refuse" | "queue";
  expiresInSeconds: number | null;
  requestedBy: string | null;
  createdAt: Date;
}

export interface ProfileInstallationTargetsTable {
  installationId: string;
  chargePoint: string;
  commandId: string;
  askedAt: Date | null;
  outcome: string | null;
  detail: string | null;
}
