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

/** Flags of a start whose own time is not to be believed. A time without zone may be hours off, but queued starts are, too. */
const NO_TIME: readonly string[] = ["timestampUnreadable", "clockSkew"];

/**
 * The transaction of each connector: what relative profiles are relative to. It is the charge point's own time, in which it reckons; where
 * that was no time, the time of arrival stands in. Of several that are open on a connector the newest one runs.
 */
export function runningTransactions(open: readonly OpenTransaction[]): Map<number, ScheduledTransaction> {
  const inOrder = open.toSorted((one, other) => one.transactionId - other.transactionId);
  return new Map(
    inOrder.filter(({ connectorId }) => connectorId !== WHOLE_CHARGE_POINT).map((
      { connectorId, transactionId, startedAt, startReceivedAt, flags },
    ) => [
      connectorId,
      { transactionId, startedAt: flags.some((flag) => NO_TIME.includes(flag)) ? startReceivedAt : startedAt },
    ]),
  );
}
