import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import type { ScheduledTransaction } from "./profile_at.ts";

/** A transaction that has not ended, as far as charging profiles care. */
export interface OpenTransaction {
  readonly transactionId: number;
  readonly connectorId: number;
  /** By the charge point's clock. */
  readonly startedAt: Date;
  readonly startReceivedAt: Date;
  readonly flags: readonly string[];
}

/**
 * The transaction of each connector: what relative profiles are relative to. Of several that are open on a connector the newest one runs.
 * A start that queued is older than its arrival, so that the charge point's own time counts. Where that was no time, its arrival stands
 * in; so it does where its clock is ahead, unless `clock` says that everything is reckoned by that clock.
 */
export function runningTransactions(
  open: readonly OpenTransaction[],
  clock: "ours" | "theirs" = "ours",
): Map<number, ScheduledTransaction> {
  const inOrder = open.toSorted((one, other) => one.transactionId - other.transactionId)
    .filter(({ connectorId }) => connectorId !== WHOLE_CHARGE_POINT);
  return new Map(inOrder.map((one) => {
    const { connectorId, transactionId } = one;
    return [connectorId, { transactionId, startedAt: startOf(one, clock) }];
  }));
}

/** `timestampZoneless` may be hours off, or right; nobody can tell it from a start that queued. */
function startOf({ startedAt, startReceivedAt, flags }: OpenTransaction, clock: "ours" | "theirs"): Date {
  if (flags.includes("timestampUnreadable")) return startReceivedAt;
  if (!flags.includes("clockSkew")) return startedAt;
  return clock === "theirs" && startedAt > startReceivedAt ? startedAt : startReceivedAt;
}
