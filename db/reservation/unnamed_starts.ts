/**
 * Finds transactions that use a reservation without naming it. By OCPP 1.6 5.13 a reservation ends when a transaction of its idTag, or of an
 * idTag with its parentIdTag, starts on the reserved connector (on any connector for 0). The charge point must send the reservationId in
 * StartTransaction.req (4.8), but some do not. The search runs after the start is recorded, so that it does not delay the start.
 */
import { type Kysely, sql } from "kysely";
import { intoOutbox } from "../event_outbox.ts";
import type { Database } from "../tables.ts";
import { hasWrongClock } from "../transaction_event_rows.ts";
import { reservationEvents } from "./reservation_parts.ts";

/** The number of a charge point's last transactions that are searched. */
const LAST_TRANSACTIONS = 20;

/** Ends active reservations for which there is such a transaction, and flags the transaction; returns how many. */
export async function matchUnnamedStarts(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql`
    with fitting as (
      select distinct on (r.charge_point, r.reservation_id) r.charge_point, r.reservation_id, t.transaction_id,
        t.start_received_at
      from reservations r cross join lateral (
        select * from transactions l where l.charge_point = r.charge_point order by l.transaction_id desc
        limit ${sql.lit(LAST_TRANSACTIONS)}) t
      where r.state = 'active' and ${fits}
      order by r.charge_point, r.reservation_id, t.transaction_id
    ), chosen as (
      select distinct on (f.transaction_id) f.* from fitting f join reservations r using (charge_point, reservation_id)
      order by f.transaction_id, r.connector_id = 0
    ), used as (
      update reservations r set state = 'used', transaction_id = c.transaction_id, doubt = null, reason = null,
        ended_at = c.start_received_at
      from chosen c where r.charge_point = c.charge_point and r.reservation_id = c.reservation_id and r.state = 'active'
      returning r.*
    ), flagged as (
      update transactions t set flags = t.flags || '["reservationNotNamed"]'
      from used u where t.transaction_id = u.transaction_id
    ), event_rows as ${intoOutbox(reservationEvents("reservation.used", "used", "ended_at"))}
    select reservation_id from used`.execute(db);
  return rows.length;
}

/**
 * A start that an offline charge point stored before the reservation does not fit. The charge point's clock may be one minute behind ours.
 * The time of a clock that is known to be wrong is ignored.
 */
const fits = sql`coalesce(t.reservation_id, 0) <= 0 and not t.flags ? 'reservationNotNamed'
  and t.start_received_at >= r.active_at
  and (${hasWrongClock("t")} or t.started_at >= r.requested_at - interval '1 minute')
  and (r.connector_id = 0 or r.connector_id = t.connector_id)
  and (t.folded_id_tag = r.folded_id_tag or exists (select from id_tags g
    where g.folded_id_tag = t.folded_id_tag and g.folded_parent_id_tag = r.folded_parent_id_tag))`;
