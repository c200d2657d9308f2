/**
 * The flags of a transaction, which report irregularities to the operator. A StartTransaction or StopTransaction is never refused for its
 * content (4.8, 4.10). A flag has no other effect.
 */
import type { RequestOf } from "../registry.ts";
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import type { IdTagInfo } from "../types/id_tag_info.ts";
import { parseDateTime } from "../types/date_time.ts";

/** Every flag of a transaction. Those from `meterRegression` on depend on the stored row, so the recording statement sets them. */
export const TRANSACTION_FLAGS = [
  /** Started on connector 0, the whole charge point. */
  "connectorZero",
  /** A meter reading below zero. */
  "negativeMeter",
  /** The idTag was unknown, blocked or expired when the StartTransaction arrived. */
  "invalidIdTag",
  /** The time was unreadable and is recorded as 1970-01-01. */
  "timestampUnreadable",
  /** The time had no time zone and was read as UTC: it may be wrong by hours. */
  "timestampZoneless",
  /** The charge point's clock was never set (1970), or it is ahead by more than a minute. Old times are normal: a charge point queues messages. */
  "clockSkew",
  /** The meter reading at the end is lower than at the start: the energy cannot be billed. */
  "meterRegression",
  /** The time of the end is before the time of the start. */
  "stopBeforeStart",
  /** The StopTransaction had no valid transactionId; this was the only open transaction that matched. */
  "matchedByInference",
  /** A second StopTransaction contradicts the first. The first one counts. */
  "conflictingStop",
  /** Closed because another transaction started on its connector, and no StopTransaction came within a week. */
  "abandoned",
  /** It used a reservation, but its StartTransaction had no reservationId. */
  "reservationNotNamed",
] as const;

/** One of the flags above. */
export type TransactionFlag = (typeof TRANSACTION_FLAGS)[number];

/** A charge point's clock may be ahead by this much without a flag. */
const CLOCK_AHEAD_MAX_MS = 60_000;

/** The flags of a StartTransaction, given the authorization of its idTag. */
export function startFlags(
  request: RequestOf<"StartTransaction">,
  { status }: IdTagInfo,
  now: Date,
): TransactionFlag[] {
  const flags: TransactionFlag[] = [];
  if (request.connectorId === WHOLE_CHARGE_POINT) flags.push("connectorZero");
  if (request.meterStart < 0) flags.push("negativeMeter");
  if (status !== "Accepted") flags.push("invalidIdTag");
  return [...flags, ...clockFlags(request.timestamp, now)];
}

/** The flags of a StopTransaction that do not depend on its start. */
export function stopFlags(request: RequestOf<"StopTransaction">, now: Date): TransactionFlag[] {
  return [...(request.meterStop < 0 ? ["negativeMeter" as const] : []), ...clockFlags(request.timestamp, now)];
}

function clockFlags(timestamp: string, now: Date): TransactionFlag[] {
  const parsed = parseDateTime(timestamp);
  if (parsed === undefined) return ["timestampUnreadable"];
  const flags: TransactionFlag[] = parsed.zoneless ? ["timestampZoneless"] : [];
  const { instant } = parsed;
  const isSkewed = instant.getUTCFullYear() <= 1970 || instant.getTime() - now.getTime() > CLOCK_AHEAD_MAX_MS;
  return isSkewed ? [...flags, "clockSkew"] : flags;
}
