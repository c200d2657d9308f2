import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import type { ScheduledTransaction } from "./profile_at.ts";

/** The fields of an open transaction that charging profiles depend on. */
export interface OpenTransaction {
  readonly transactionId: number;
  readonly connectorId: number;
  /** By the charge point's clock. */
  readonly startedAt: Date;
  readonly startReceivedAt: Date;
  readonly flags: readonly string[];
}

/** The clock by which a schedule is computed. */
export type ReferenceClock = "centralSystem" | "chargePoint";

/**
 * The running transaction of each connector, whose start counts for Relative profiles. Of several open transactions on a connector the newest
 * one is running. The start is the charge point's own time, because a StartTransaction may have been queued. The time of arrival
 * replaces an unreadable time, and also a time in the future, unless `clock` is the charge point's.
 */
export function runningTransactions(
  open: readonly OpenTransaction[],
  clock: ReferenceClock = "centralSystem",
): Map<number, ScheduledTransaction> {
  const inOrder = open.toSorted((one, other) => one.transactionId - other.transactionId)
    .filter(({ connectorId }) => connectorId !== WHOLE_CHARGE_POINT);
  return new Map(inOrder.map((one) => {
    const { connectorId, transactionId } = one;
    return [connectorId, { transactionId, startedAt: startOf(one, clock) }];
  }));
}

/** A zoneless time may be wrong by hours, but it cannot be distinguished from a queued StartTransaction. So it is used as it is. */
function startOf({ startedAt, startReceivedAt, flags }: OpenTransaction, clock: ReferenceClock): Date {
  if (flags.includes("timestampUnreadable")) return startReceivedAt;
  if (!flags.includes("clockSkew")) return startedAt;
  return clock === "chargePoint" && startedAt > startReceivedAt ? startedAt : startReceivedAt;
}
