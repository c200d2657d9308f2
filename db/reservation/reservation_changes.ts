/**
 * The changes of a reservation at the end of a ReserveNow or CancelReservation. Each is one conditional update; repeated, it changes nothing.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { CancelVerdict, ReserveVerdict } from "../../ocpp/reservation/reservation_rules.ts";
import type { Command } from "../commands.ts";
import { intoOutbox, type OutboxSignal } from "../event_outbox.ts";
import type { Database } from "../tables.ts";
import { reservationEvents, termsOf } from "./reservation_parts.ts";

/** A ReserveNow or CancelReservation. */
export type ReservationCommand = Pick<Command, "id" | "chargePoint" | "request">;

/** A conditional update of `reservations r`, and the event rows of the changed rows (CTE `changed`). */
export interface Change {
  readonly set: RawBuilder<unknown>;
  readonly where: RawBuilder<unknown>;
  readonly eventRows: RawBuilder<unknown>;
}

/** Executes a change; returns the number of changed reservations. */
export async function changed(
  db: Kysely<Database>,
  outbox: OutboxSignal,
  { set, where, eventRows }: Change,
): Promise<number> {
  const { rows } = await sql`
    with changed as (update reservations r set ${set} where ${where} returning r.*), event_rows as ${
    intoOutbox(eventRows)
  }
    select reservation_id from changed`.execute(db);
  if (rows.length > 0) outbox.raise();
  return rows.length;
}

/** The end of the last ReserveNow of a reservation. It is applied once; after a doubt again, unless another command was sent since. */
export function reserveEnded(
  { id, chargePoint, request }: ReservationCommand,
  verdict: ReserveVerdict,
  now: Date,
): Change {
  const its = sql`r.charge_point = ${chargePoint} and r.reservation_id = ${request.reservationId}::bigint
    and r.reserve_command_id = ${id}::uuid
    and (not r.answered or r.doubt is not null and r.command_id = r.reserve_command_id)`;
  const at = sql`${now}::timestamptz`;
  const settled = sql`answered = true, settled_command_id = case when r.command_id = ${id}::uuid then ${id}::uuid
    else r.settled_command_id end`;
  switch (verdict.kind) {
    case "active": {
      const terms = termsOf(request);
      const isApplicable = sql`(r.state in ('requested', 'active') or r.state = 'cancelled' and not r.answered)`;
      return {
        set: sql`${settled}, state = 'active', doubt = null, reason = null, active_at = ${at}, ended_at = null,
          connector_id = ${terms.connectorId}::bigint, id_tag = ${terms.idTag}, folded_id_tag = ${terms.foldedIdTag},
          parent_id_tag = ${terms.parentIdTag}, folded_parent_id_tag = ${terms.foldedParentIdTag},
          expiry_date = ${terms.expiryDate}::timestamptz`,
        where: sql`${its} and ${isApplicable}`,
        eventRows: reservationEvents("reservation.activated", "changed", "active_at"),
      };
    }
    case "refused":
    case "cancelled":
      return {
        set: sql`${settled}, doubt = null,
          state = case when r.state = 'requested' then ${verdict.kind}::text else r.state end,
          reason = case when r.state = 'requested' then ${verdict.reason}::text else r.reason end,
          ended_at = case when r.state = 'requested' then ${at} else r.ended_at end`,
        where: its,
        eventRows: reservationEvents(`reservation.${verdict.kind}`, `changed where state = '${verdict.kind}'`, at),
      };
    case "doubt": {
      // The charge point may have reported Reserved before the outcome became doubtful: after the request, this proves the reservation.
      const isSeen = sql`(r.state = 'requested' and exists (select from connectors k
        where k.charge_point = r.charge_point and k.connector_id = r.connector_id and k.status = 'Reserved'
          and k.received_at >= r.requested_at))`;
      return {
        set: sql`${settled}, state = case when ${isSeen} then 'active' else r.state end,
          active_at = case when ${isSeen} then ${at} else r.active_at end,
          doubt = case when r.state in ('requested', 'active') and not ${isSeen} then ${verdict.doubt}::text end`,
        where: sql`${its} and not r.answered`,
        eventRows: reservationEvents("reservation.activated", "changed where state = 'active' and doubt is null", at),
      };
    }
  }
}

/** The end of a CancelReservation. */
export function cancelEnded(
  { id, chargePoint, request }: ReservationCommand,
  verdict: CancelVerdict,
  now: Date,
): Change {
  const its = sql`r.charge_point = ${chargePoint} and r.reservation_id = ${request.reservationId}::bigint
    and r.state in ('requested', 'active')`;
  const settled = sql`settled_command_id = ${id}::uuid`;
  const eventRows = reservationEvents("reservation.cancelled", "changed where state = 'cancelled'", "ended_at");
  if (verdict.kind === "cancelled") {
    const set = sql`${settled}, state = 'cancelled', reason = ${verdict.reason}::text, doubt = null,
      ended_at = ${now}::timestamptz`;
    return { set, where: its, eventRows };
  }
  if (verdict.kind !== "doubt") return { set: settled, where: its, eventRows };
  return { set: sql`${settled}, doubt = ${verdict.doubt}::text`, where: its, eventRows };
}
