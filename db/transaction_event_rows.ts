/**
 * SQL that statements about transactions share: the event rows of starts and stops, each a select from a CTE, and the condition for a
 * wrong clock.
 */
import { type RawBuilder, sql } from "kysely";
import { eventRows, time } from "./event_outbox.ts";

/** The event rows of starts, from rows of `transactions`. */
export function started(from: string) {
  return eventRows("transaction.started", from, {
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

/** The event rows of ends, from rows of `transactions` after their end. `at` is the time of the end by our clock. */
export function ended(from: string, at: string) {
  return eventRows("transaction.ended", from, {
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

/** The event rows of contradicting stops, from rows of `transaction_stops`. */
export function conflicted(from: string) {
  return eventRows("transaction.stopConflicted", from, {
    chargePoint: "charge_point",
    at: "received_at",
    data: { transactionId: "transaction_id", ...stop },
  });
}

/** The event rows of stops without a transaction, from rows of `transaction_stops`. */
export function orphaned(from: string) {
  return eventRows("transaction.stopOrphaned", from, {
    chargePoint: "charge_point",
    at: "received_at",
    data: { reportedTransactionId: "reported_transaction_id", ...stop, flags: "flags" },
  });
}

/** Whether the times of a row of `transactions` are unreliable: the clock was never set or is ahead, or the text was not clearly readable. */
export function hasWrongClock(row: string): RawBuilder<boolean> {
  const flags = ["clockSkew", "timestampUnreadable", "timestampZoneless"];
  return sql<boolean>`(${sql.join(flags.map((flag) => sql`${sql.raw(row)}.flags ? ${sql.lit(flag)}`), sql` or `)})`;
}
