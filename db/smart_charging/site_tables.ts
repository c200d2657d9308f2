import type { Generated } from "kysely";

/** The tables of site limits. */
export interface SiteTables {
  sites: SitesTable;
  siteMembers: SiteMembersTable;
  siteGrants: SiteGrantsTable;
}

export interface SitesTable {
  id: string;
  number: Generated<number>;
  version: Generated<number>;
  name: string;
  timeZone: string;
  limit: { value: number; unit: "A" | "W"; phases: 1 | 3 };
  voltage: number;
  failSafe: number | null;
  mode: "off" | "preview" | "on";
  createdAt: Date;
  updatedAt: Date;
}

export interface SiteMembersTable {
  chargePoint: string;
  site: string;
  place: number;
  particulars: Record<string, unknown>;
}

export interface SiteGrantsTable {
  chargePoint: string;
  connectorId: number;
  transactionId: number | null;
  unit: "A" | "W";
  stackLevel: number;
  confirmed: number | null;
  confirmedAt: Date | null;
  doubtful: number | null;
  asked: number | null;
  askedAt: Date | null;
  commandId: string | null;
  clearing: Generated<boolean>;
  clearedAt: Date | null;
  failures: Generated<number>;
  refusals: Generated<number>;
  retryAt: Date | null;
  outcome: string | null;
}
