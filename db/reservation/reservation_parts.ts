/**
 * CTEs about reservations for statements that record commands, statuses and starts. The same statement records both, so that neither is stored
 * without the other. A part is empty when the recorded rows cannot concern a reservation.
 */
import { type RawBuilder, sql } from "kysely";
import { ENDING_STATUSES } from "../../ocpp/reservation/reservation_rules.ts";
import type { EventData, EventType } from "../event_types.ts";
import { type EventColumns, eventRows, intoOutbox, time } from "../event_outbox.ts";
import { folded } from "../engine/values.ts";

/** The types of events about reservations. All have the same data. */
export type ReservationEvent = Extract<EventType, `reservation.${string}`>;

/** Event rows from rows of `reservations` after a change. */
export function reservationEvents(
  type: ReservationEvent,
  from: string,
  at: string | RawBuilder<unknown>,
): RawBuilder<unknown> {
  const data: EventColumns<ReservationEvent>["data"] = {
    reservationId: "reservation_id",
    connectorId: "connector_id",
    idTag: "id_tag",
    parentIdTag: "parent_id_tag",
    expiryDate: time("expiry_date"),
    reason: "reason",
    transactionId: "transaction_id",
  } satisfies Record<keyof EventData<ReservationEvent>, string>;
  return eventRows(type, from, { chargePoint: "charge_point", at, data });
}

/** The fields of ReserveNow.req. */
interface Reserving {
  readonly reservationId: number;
  readonly connectorId: number;
  readonly idTag: string;
  readonly parentIdTag?: string;
  readonly expiryDate: string;
}

/** The values of a reservation's columns from a validated ReserveNow.req. */
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

/** CTEs after `inserted`, the row of a new command: they record the requested reservation, or the command that cancels one. */
export function reservationOfCommand(action: string, request: object): RawBuilder<unknown> {
  if (action === "ReserveNow") return requested(request as Reserving);
  if (action !== "CancelReservation") return sql``;
  const { reservationId } = request as Reserving;
  return sql`, cancelling as (
    update reservations r set command_id = i.id from inserted i
    where r.charge_point = i.charge_point and r.reservation_id = ${reservationId}::bigint)`;
}

/** An active reservation keeps its terms until the charge point accepts the new ones. */
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
  ), reservation_event_rows as ${
    intoOutbox(reservationEvents("reservation.requested", "reserved where state = 'requested'", "requested_at"))
  }`;
}

/** The statuses that can change a reservation. */
const RELEVANT: readonly string[] = ["Reserved", ...ENDING_STATUSES];

/** The accepted delay of a charge point's clock behind ours. */
const SKEW = sql.lit("1 minute");

/** The time of a status. A clock that was never set (1970) is ignored. */
const MADE_AT = sql`case when t.reported_at >= '1971-01-01Z' then t.reported_at else t.received_at end`;

/**
 * CTEs after `history`, the new status reports. Faulted or Unavailable ends an active reservation (OCPP 1.6 5.13), and a requested one that is
 * in doubt. Reserved makes one in doubt active. A report from before the ReserveNow is ignored.
 */
export function reservationsOfStatuses(statuses: readonly string[]): RawBuilder<unknown> {
  if (!statuses.some((status) => RELEVANT.includes(status))) return sql``;
  return sql`, relevant as (
    select * from history where status in (${sql.join(RELEVANT.map(sql.lit))})
  ), affected as (
    update reservations r set
      state = case when t.status = 'Reserved' then 'active' else 'cancelled' end,
      reason = case when t.status <> 'Reserved' then t.status end,
      doubt = null,
      active_at = case when t.status = 'Reserved' then t.received_at else r.active_at end,
      ended_at = case when t.status <> 'Reserved' then t.received_at end
    from relevant t
    where r.charge_point = t.charge_point and r.state in ('requested', 'active')
      and ${MADE_AT} >= r.requested_at - interval ${SKEW}
      and case when t.status = 'Reserved'
        then r.state = 'requested' and r.doubt is not null and (r.connector_id = t.connector_id or r.connector_id = 0
          and not exists (select from reservations o where o.charge_point = r.charge_point
            and o.connector_id = t.connector_id and o.state in ('requested', 'active')))
        else (r.state = 'active' or r.doubt is not null) and t.connector_id in (r.connector_id, 0) end
    returning r.*
  ), reservation_event_rows as ${
    intoOutbox(
      reservationEvents("reservation.activated", "affected where state = 'active'", "active_at"),
      reservationEvents("reservation.cancelled", "affected where state = 'cancelled'", "ended_at"),
    )
  }`;
}

/**
 * CTEs after `issued`, the new transactions. A reservation that a transaction names becomes used from every state, because an offline charge
 * point may send the start late (OCPP 1.6 4.8). Unknown ids are ignored.
 */
export function reservationsOfStarts(reservationIds: readonly (number | null)[]): RawBuilder<unknown> {
  if (reservationIds.every((id) => id === null)) return sql``;
  return sql`, used as (
    update reservations r set state = 'used', transaction_id = i.transaction_id, doubt = null, reason = null,
      ended_at = i.start_received_at
    from issued i
    where r.charge_point = i.charge_point and r.reservation_id = i.reservation_id and r.state <> 'used'
    returning r.*
  ), reservation_event_rows as ${intoOutbox(reservationEvents("reservation.used", "used", "ended_at"))}`;
}
