import type { Generated } from "kysely";

/** The tables of site limits. */
export interface SiteTables {
  sites: SitesTable;
  siteMembers: SiteMembersTable;
  siteGrants: SiteGrantsTable;
}

/** Amperes per phase, or watts over all phases. */
export interface SiteLimit {
  value: number;
  unit: "A" | "W";
  phases: 1 | 3;
}

/** What is special about one charge point of a site. */
export interface MemberSettings {
  /** Its sessions' share in proportion to others. Absent: its label `site-weight`, or 1. */
  weight?: number;
  /** What each connector can draw at most, in amperes per phase. Absent: 32. */
  maxAmps?: number;
  /** How many phases it is connected to. Absent: as many as the site has. */
  phases?: 1 | 3;
  /** The phase of a single-phase charge point. Absent: it could be any, and counts on all. */
  phase?: 1 | 2 | 3;
  /** How many connectors it has. Absent: as many as it has told of. */
  connectors?: number;
}

export interface SitesTable {
  id: string;
  number: Generated<number>;
  version: Generated<number>;
  name: string;
  /** An IANA name, in which operators are told times. */
  timeZone: string;
  limit: SiteLimit;
  /** Nominal, between a phase and neutral. */
  voltage: number;
  /** Per connector, in the limit's unit; null: chosen by us. */
  failSafe: number | null;
  mode: "off" | "preview" | "on";
  createdAt: Date;
  updatedAt: Date;
}

export interface SiteMembersTable {
  chargePoint: string;
  site: string;
  place: number;
  memberSettings: MemberSettings;
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
