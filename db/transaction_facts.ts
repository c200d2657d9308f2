/**
 * What statements share about transactions. Most of it is what those that record starts and stops tell of, each as a select from their
 * CTEs; it stands apart from those statements only because it is long.
 */
import { type RawBuilder, sql } from "kysely";
import { fact, time } from "./event_outbox.ts";

/** From rows of `transactions`. */
export function started(from: string) {
  return fact("transaction.started", from, {
    chargePoint: "charge_point",
    at: "start_received_at",
    data: {
      transactionId: "transaction_id",
      connectorId: "connector_id",
      idTag: "id_tag",
      idTagStatus: "id_tag_info ->> 'status'",
      meterStart: "meter_start",
      startedAt: time("started_at"),
      reservationId: "reservation_id",
      flags: "flags",
    },
  });
}

/** From rows of `transactions` as they are after their end; `at` is when we learned of it. */
export function ended(from: string, at: string) {
  return fact("transaction.ended", from, {
    chargePoint: "charge_point",
    at,
    data: {
      transactionId: "transaction_id",
      connectorId: "connector_id",
      idTag: "id_tag",
      meterStart: "meter_start",
      meterStop: "meter_stop",
      energyWh: "case when meter_stop >= meter_start then meter_stop - meter_start end",
      reason: "reason",
      startedAt: time("started_at"),
      stoppedAt: time("stopped_at"),
      flags: "flags",
    },
  });
}

const stop = { idTag: "id_tag", meterStop: "meter_stop", stoppedAt: time("stopped_at"), reason: "reason" };

/** From rows of `transaction_stops`. */
export function conflicted(from: string) {
  return fact("transaction.stopConflicted", from, {
    chargePoint: "charge_point",
    at: "received_at",
    data: { transactionId: "transaction_id", ...stop },
  });
}

/** From rows of `transaction_stops`. */
export function orphaned(from: string) {
  return fact("transaction.stopOrphaned", from, {
    chargePoint: "charge_point",
    at: "received_at",
    data: { reportedTransactionId: "reported_transaction_id", ...stop, flags: "flags" },
  });
}

/** Whether the times of a row of `transactions` say nothing: the clock was never set, is ahead, or nobody could read the text for certain. */
export function hasWrongClock(row: string): RawBuilder<boolean> {
  const flags = ["clockSkew", "timestampUnreadable", "timestampZoneless"];
  return sql<boolean>`(${sql.join(flags.map((flag) => sql`${sql.raw(row)}.flags ? ${sql.lit(flag)}`), sql` or `)})`;
}
