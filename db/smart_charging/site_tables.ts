import type { Generated } from "kysely";

/** The tables of site limits, a part of `Database` in tables.ts. */
export interface SiteTables {
  sites: SitesTable;
  siteMembers: SiteMembersTable;
  siteGrants: SiteGrantsTable;
}

/** The limit of a site in amperes per phase, or in watts over all phases. */
export interface SiteLimit {
  value: number;
  unit: "A" | "W";
  phases: 1 | 3;
}

/** Settings of one charge point of a site. */
export interface MemberSettings {
  /** The weight of its sessions in the distribution. Absent: its label `site-weight`, or 1. */
  weight?: number;
  /** The most that each connector can draw, in amperes per phase. Absent: 32. */
  maxAmps?: number;
  /** The number of phases that it is connected to. Absent: the phases of the site. */
  phases?: 1 | 3;
  /** The phase of a single-phase charge point. Absent: not known, so it counts on every phase. */
  phase?: 1 | 2 | 3;
  /** The number of its connectors. Absent: the connectors that it has reported. */
  connectors?: number;
}

export interface SitesTable {
  id: string;
  number: Generated<number>;
  version: Generated<number>;
  name: string;
  /** The time zone for times in texts for operators, an IANA name. */
  timeZone: string;
  limit: SiteLimit;
  /** The nominal voltage between a phase and neutral. */
  voltage: number;
  /** The fail-safe limit per connector, in the unit of the limit; null: the Central System chooses it. */
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

/** One granted limit: the fail-safe on connector 0, or the limit of a transaction. All values are in `unit`. */
export interface SiteGrantsTable {
  chargePoint: string;
  connectorId: number;
  transactionId: number | null;
  unit: "A" | "W";
  stackLevel: number;
  /** The limit that the charge point accepted last; null: none. */
  confirmed: number | null;
  confirmedAt: Date | null;
  /** The id of the accepted command; null: it is not known whether its profile is still installed. */
  confirmedBy: string | null;
  /** The largest limit of commands without a clear answer since, which may be in force. */
  doubtful: number | null;
  /** The limit that the command `commandId` requests. */
  asked: number | null;
  askedAt: Date | null;
  commandId: string | null;
  /** A command to clear the limit was made; it is not known whether the limit is still installed. */
  clearing: Generated<boolean>;
  clearedAt: Date | null;
  /** The number of attempts since the last accepted one; `refusals` of them were refused by the charge point. */
  failures: Generated<number>;
  refusals: Generated<number>;
  /** The end of the back-off: no attempt before this time. */
  retryAt: Date | null;
  /** What happened at the last attempt that was not accepted, or why the limit is sent again, as a sentence. */
  outcome: string | null;
}
