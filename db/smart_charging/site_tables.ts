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
  memberSettings: Record<string, unknown>;
}

/** One limit: on connector 0 the fail-safe, else that of a transaction. All values are in `unit`. */
export interface SiteGrantsTable {
  chargePoint: string;
  connectorId: number;
  transactionId: number | null;
  unit: "A" | "W";
  stackLevel: number;
  /** What was accepted last; null: nothing that we know of. */
  confirmed: number | null;
  confirmedAt: Date | null;
  /** The command that was accepted; null: whether its profile is still there is not known any more. */
  confirmedBy: string | null;
  /** The largest that may be in force since without a clear answer. */
  doubtful: number | null;
  /** What is being asked for in `commandId`. */
  asked: number | null;
  askedAt: Date | null;
  commandId: string | null;
  /** It was asked to be cleared, and may or may not be there. */
  clearing: Generated<boolean>;
  clearedAt: Date | null;
  /** Attempts since the last one that was accepted, and how many of them were refused by the charge point. */
  failures: Generated<number>;
  refusals: Generated<number>;
  /** Not before then. */
  retryAt: Date | null;
  /** Of the last attempt that was not accepted, or why it is asked again, in words. */
  outcome: string | null;
}
