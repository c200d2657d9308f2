import type { Generated } from "kysely";
import type { ChargingProfile } from "../../ocpp/types/charging_profile.ts";

/** The tables of the mirror and its templates, as `Database` has them. */
export interface ChargingProfileTables {
  chargingProfiles: ChargingProfilesTable;
  profileTemplates: ProfileTemplatesTable;
  profileInstallations: ProfileInstallationsTable;
  profileInstallationTargets: ProfileInstallationTargetsTable;
}

export interface ChargingProfilesTable {
  /** The command that sent it. */
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
  /** When the charge point accepted it, or its transaction started; null: it never said so. */
  installedAt: Date | null;
  /** Commands that may or may not have put it there, replaced it or cleared it, or showed that it is not as we think. Empty: certain. */
  doubtedBy: Generated<string[]>;
  /** Since when the doubt is more than a command under way. */
  doubtedAt: Date | null;
  /** How many older ones of the same id and place that were sent without a known end are not kept, and may be there instead. */
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
  /** `running`: with the transactionId of the transaction that runs on the connector. */
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
