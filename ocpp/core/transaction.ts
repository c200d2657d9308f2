/**
 * What is odd about a transaction. Starts and stops are never refused for their content (4.8, 4.10), so that oddities become flags
 * for an operator to look at, and nothing else happens because of them.
 */
import type { RequestOf } from "../registry.ts";
import type { IdTagInfo } from "../types/id_tag_info.ts";
import { parseDateTime } from "../types/date_time.ts";

/** Every flag of a transaction. Those from `meterRegression` on need the row, so that the recording statement sets them. */
export const TRANSACTION_FLAGS = [
  /** Started on connector 0, which is the whole charge point. */
  "connectorZero",
  /** A meter register below zero. */
  "negativeMeter",
  /** The idTag may not charge: unknown, blocked or expired when the start arrived. */
  "invalidIdTag",
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
  /** The stop named no transaction; this was the only open one that it fitted. */
  "matchedByInference",
  /** A second stop contradicts the first, which counts. */
  "conflictingStop",
  /** Closed because another one started on its connector and no stop came within a week. */
  "abandoned",
  /** It used a reservation that the charge point did not name. */
  "reservationNotNamed",
] as const;

/** One of the words above. */
export type TransactionFlag = (typeof TRANSACTION_FLAGS)[number];

/** How far a clock may be ahead before it is called wrong. */
const CLOCK_AHEAD_MAX_MS = 60_000;

/** The oddities of a start, given the answer about its idTag. */
export function startFlags(
  request: RequestOf<"StartTransaction">,
  { status }: IdTagInfo,
  now: Date,
): TransactionFlag[] {
  const flags: TransactionFlag[] = [];
  if (request.connectorId === 0) flags.push("connectorZero");
  if (request.meterStart < 0) flags.push("negativeMeter");
  if (status !== "Accepted") flags.push("invalidIdTag");
  return [...flags, ...clockFlags(request.timestamp, now)];
}

/** The oddities of a stop by itself. */
export function stopFlags(request: RequestOf<"StopTransaction">, now: Date): TransactionFlag[] {
  return [...(request.meterStop < 0 ? ["negativeMeter" as const] : []), ...clockFlags(request.timestamp, now)];
}

function clockFlags(timestamp: string, now: Date): TransactionFlag[] {
  const parsed = parseDateTime(timestamp);
  if (parsed === undefined) return ["timestampUnreadable"];
  const flags: TransactionFlag[] = parsed.zoneless ? ["timestampZoneless"] : [];
  const { instant } = parsed;
  const skewed = instant.getUTCFullYear() <= 1970 || instant.getTime() - now.getTime() > CLOCK_AHEAD_MAX_MS;
  return skewed ? [...flags, "clockSkew"] : flags;
}
