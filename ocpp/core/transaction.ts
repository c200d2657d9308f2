/**
 * What is odd about a transaction. Starts and stops are never refused for their content (4.8, 4.10), so that oddities become flags
 * for an operator to look at, and nothing else happens because of them.
 */
import type { RequestOf } from "../registry.ts";
import type { IdTagInfo } from "../types/id_tag_info.ts";
import { parseDateTime } from "../types/date_time.ts";
import { idTagKey } from "./authorization.ts";

/** Every flag that a start or a stop can get from what it says. */
export const TRANSACTION_FLAGS = [
  /** Started on connector 0, which is the whole charge point. */
  "connectorZero",
  /** A meter register below zero. */
  "negativeMeter",
  /** The idTag may not charge: unknown, blocked or expired when the start arrived. */
  "invalidIdTag",
  /** The start names a reservation that we never made. */
  "unknownReservation",
  /** The time is no time; 1970 stands in its place. */
  "timestampUnreadable",
  /** The time has no zone and was read as UTC: it may be hours off. */
  "timestampZoneless",
  /** The clock was never set (1970) or is ahead of ours by more than a minute. Old times are normal: messages queue. */
  "clockSkew",
  /** Ended with a lower register than it started with: nothing can be billed. */
  "meterRegression",
  /** Ended before it started. */
  "stopBeforeStart",
] as const;

/** One of the words above. */
export type TransactionFlag = (typeof TRANSACTION_FLAGS)[number];

/** How far a clock may be ahead before it is called wrong. */
const CLOCK_AHEAD_MAX_MS = 60_000;

/** What the start of a transaction said, as far as its stop can contradict it. */
export interface Started {
  readonly meterStart: number;
  readonly startedAt: Date;
}

/** What a StopTransaction says about itself. */
export interface Stopped {
  readonly idTag: string | null;
  readonly meterStop: number;
  readonly stoppedAt: Date;
}

/** The oddities of a start, given the answer about its idTag. `reservationKnown` only counts when the start names one. */
export function startFlags(
  request: RequestOf<"StartTransaction">,
  { status }: IdTagInfo,
  now: Date,
  reservationKnown = true,
): TransactionFlag[] {
  const flags: TransactionFlag[] = [];
  if (request.connectorId === 0) flags.push("connectorZero");
  if (request.meterStart < 0) flags.push("negativeMeter");
  if (status !== "Accepted") flags.push("invalidIdTag");
  if (request.reservationId !== undefined && !reservationKnown) flags.push("unknownReservation");
  return [...flags, ...clockFlags(request.timestamp, now)];
}

/** The oddities of a stop by itself. */
export function stopFlags(request: RequestOf<"StopTransaction">, now: Date): TransactionFlag[] {
  return [...(request.meterStop < 0 ? ["negativeMeter" as const] : []), ...clockFlags(request.timestamp, now)];
}

/** The oddities of a stop beside its start. */
export function endFlags(started: Started, stopped: Stopped): TransactionFlag[] {
  const flags: TransactionFlag[] = [];
  if (stopped.meterStop < started.meterStart) flags.push("meterRegression");
  if (stopped.stoppedAt.getTime() < started.startedAt.getTime()) flags.push("stopBeforeStart");
  return flags;
}

function clockFlags(timestamp: string, now: Date): TransactionFlag[] {
  const parsed = parseDateTime(timestamp);
  if (parsed === undefined) return ["timestampUnreadable"];
  const flags: TransactionFlag[] = parsed.zoneless ? ["timestampZoneless"] : [];
  const { instant } = parsed;
  const skewed = instant.getUTCFullYear() <= 1970 || instant.getTime() - now.getTime() > CLOCK_AHEAD_MAX_MS;
  return skewed ? [...flags, "clockSkew"] : flags;
}

/** The energy between two registers in Wh, which need not start at zero (errata 3.9); null when the meter went backwards. */
export function energyBetween(meterStart: number, meterStop: number): number | null {
  return meterStop < meterStart ? null : meterStop - meterStart;
}

/**
 * Could this stop, whose transactionId is useless (−1 or 0, errata 3.18), be that of an open transaction of the same charge point?
 * It is only taken for it when exactly one fits.
 */
export function mayEnd(stopped: Stopped, open: Started & { readonly idTag: string }): boolean {
  return endFlags(open, stopped).length === 0 &&
    (stopped.idTag === null || idTagKey(stopped.idTag) === idTagKey(open.idTag));
}
