/**
 * Reservations in the statements of others. A command that reserves, a status and a start are each recorded with what they mean for a
 * reservation in one statement, so that neither is there without the other. Each part here is empty, and costs nothing, where the recorded
 * rows cannot concern a reservation.
 */
import { type RawBuilder, sql } from "kysely";
import { ENDING_STATUSES } from "../../ocpp/reservation/reservation_rules.ts";
import type { EventData, EventType } from "../event_types.ts";
import { fact, intoOutbox, time, type Told } from "../event_outbox.ts";
import { folded } from "../engine/values.ts";

/** The types of event that tell of reservations; all have the same data. */
export type ReservationEvent = Extract<EventType, `reservation.${string}`>;

/** An event of each row of `from`, which are rows of `reservations` as they are after it. */
export function toldOf(type: ReservationEvent, from: string, at: string | RawBuilder<unknown>): RawBuilder<unknown> {
  const data: Told<ReservationEvent>["data"] = {
    reservationId: "reservation_id",
    connectorId: "connector_id",
    idTag: "id_tag",
    parentIdTag: "parent_id_tag",
    expiryDate: time("expiry_date"),
    reason: "reason",
    transactionId: "transaction_id",
  } satisfies Record<keyof EventData<ReservationEvent>, string>;
  return fact(type, from, { chargePoint: "charge_point", at, data });
}

/** ReserveNow.req as it is recorded. */
interface Reserving {
  readonly reservationId: number;
  readonly connectorId: number;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly expiryDate: string;
}

/** What goes into the columns of a reservation from a checked ReserveNow.req. */
export function termsOf(request: object) {
  const { connectorId, idTag, parentIdTag, expiryDate } = request as Reserving;
  return {
    connectorId,
    idTag,
    foldedIdTag: folded(idTag),
    parentIdTag: parentIdTag ?? null,
    foldedParentIdTag: parentIdTag === undefined ? null : folded(parentIdTag),
    expiryDate: new Date(expiryDate),
  };
}

/** CTEs behind `inserted`, the row of a new command: its reservation is requested, or is the one that the command is about now. */
export function reservationOfCommand(action: string, request: object): RawBuilder<unknown> {
  if (action === "ReserveNow") return requested(request as Reserving);
  if (action !== "CancelReservation") return sql``;
  const { reservationId } = request as Reserving;
  return sql`, cancelling as (
    update reservations r set command_id = i.id from inserted i
    where r.charge_point = i.charge_point and r.reservation_id = ${reservationId}::bigint)`;
}

/** An active one keeps its terms: the charge point has them until it accepts the new ones. */
function requested(request: Reserving): RawBuilder<unknown> {
  const terms = termsOf(request);
  const unlessActive = (column: string) =>
    sql.raw(`${column} = case when r.state = 'active' then r.${column} else excluded.${column} end`);
  return sql`, reserved as (
    insert into reservations as r (charge_point, reservation_id, connector_id, id_tag, folded_id_tag, parent_id_tag,
      folded_parent_id_tag, expiry_date, state, answered, reserve_command_id, command_id, requested_at)
    select charge_point, ${request.reservationId}::bigint, ${terms.connectorId}::bigint, ${terms.idTag}::text,
      ${terms.foldedIdTag}::text, ${terms.parentIdTag}::text, ${terms.foldedParentIdTag}::text,
      ${terms.expiryDate}::timestamptz, 'requested', false, id, id, created_at
    from inserted
    on conflict (charge_point, reservation_id) do update set
      ${
    sql.join(
      [
        "connector_id",
        "id_tag",
        "folded_id_tag",
        "parent_id_tag",
        "folded_parent_id_tag",
        "expiry_date",
        "state",
        "active_at",
      ].map(unlessActive),
    )
  },
      doubt = null, reason = null, transaction_id = null, answered = false, ended_at = null,
      reserve_command_id = excluded.reserve_command_id, command_id = excluded.command_id, requested_at = excluded.requested_at
    returning *
  ), reservation_told as ${
    intoOutbox(toldOf("reservation.requested", "reserved where state = 'requested'", "requested_at"))
  }`;
}

/** The statuses from which something follows for a reservation. */
const TELLING: readonly string[] = ["Reserved", ...ENDING_STATUSES];

/** Charge points' clocks may be so much behind ours. */
const SKEW = sql.lit("1 minute");

/** When a status was true: a clock that was never set (1970) does not say. */
const MADE_AT = sql`case when t.reported_at >= '1971-01-01Z' then t.reported_at else t.received_at end`;

/**
 * CTEs behind `history`, status reports that are new. Faulted or Unavailable ends an active reservation (OCPP 1.6 5.13) and one that nobody
 * knows of whether it is there; Reserved proves the latter to be there. A report that was made before ReserveNow was sent proves nothing.
 */
export function reservationsOfStatuses(statuses: readonly string[]): RawBuilder<unknown> {
  if (!statuses.some((status) => TELLING.includes(status))) return sql``;
  return sql`, telling as (
    select * from history where status in (${sql.join(TELLING.map(sql.lit))})
  ), shaken as (
    update reservations r set
      state = case when t.status = 'Reserved' then 'active' else 'cancelled' end,
      reason = case when t.status <> 'Reserved' then t.status end,
      doubt = null,
      active_at = case when t.status = 'Reserved' then t.received_at else r.active_at end,
      ended_at = case when t.status <> 'Reserved' then t.received_at end
    from telling t
    where r.charge_point = t.charge_point and r.state in ('requested', 'active')
      and ${MADE_AT} >= r.requested_at - interval ${SKEW}
      and case when t.status = 'Reserved'
        then r.state = 'requested' and r.doubt is not null and (r.connector_id = t.connector_id or r.connector_id = 0
          and not exists (select from reservations o where o.charge_point = r.charge_point
            and o.connector_id = t.connector_id and o.state in ('requested', 'active')))
        else (r.state = 'active' or r.doubt is not null) and t.connector_id in (r.connector_id, 0) end
    returning r.*
  ), reservation_told as ${
    intoOutbox(
      toldOf("reservation.activated", "shaken where state = 'active'", "active_at"),
      toldOf("reservation.cancelled", "shaken where state = 'cancelled'", "ended_at"),
    )
  }`;
}

/**
 * CTEs behind `issued`, transactions that are new: a reservation that one of them names is used, whatever was believed of it, because the
 * start may have waited at an offline charge point (OCPP 1.6 4.8). An id that nobody knows is no reservation of ours.
 */
export function reservationsOfStarts(reservationIds: readonly (number | null)[]): RawBuilder<unknown> {
  if (reservationIds.every((id) => id === null)) return sql``;
  return sql`, used as (
    update reservations r set state = 'used', transaction_id = i.transaction_id, doubt = null, reason = null,
      ended_at = i.start_received_at
    from issued i
    where r.charge_point = i.charge_point and r.reservation_id = i.reservation_id and r.state <> 'used'
    returning r.*
  ), reservation_told as ${intoOutbox(toldOf("reservation.used", "used", "ended_at"))}`;
}
