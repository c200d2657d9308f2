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
