/**
 * Changes of the mirror without a command: transactions start and end, remote starts have no transaction, and the outcomes of commands stay
 * unknown. Each function uses only the rows and may be repeated at any time; `chargePoints` limits the search.
 */
import { type Kysely, sql } from "kysely";
import type { CommandState } from "../../ocpp/command_end.ts";
import { intoOutbox } from "../event_outbox.ts";
import type { Database } from "../tables.ts";
import { hasWrongClock } from "../transaction_event_rows.ts";
import { among, before, doubted, hasNoEnd, installed, isOver, removed, replaces } from "./charging_profile_rules.ts";

/** A command with a known outcome that was not applied to the mirror. */
export interface UnsettledCommand {
  readonly id: string;
  readonly chargePoint: string;
  readonly action: string;
  readonly state: CommandState;
  readonly confirmation: Record<string, unknown> | null;
  readonly lateAnswer: unknown;
  readonly settledAt: Date;
}

/**
 * Binds waiting TxProfiles to a started transaction: those of its remote start (errata 3.41, 3.42), and those that were sent to its connector
 * before the start was recorded. A profile that was sent later with the same id or place replaces them.
 */
export async function bindProfiles(
  db: Kysely<Database>,
  chargePoints: readonly string[] | null,
  now: Date,
): Promise<number> {
  const { rows } = await sql`
    with matched as (
      select distinct on (p.command_id) p.command_id, t.transaction_id as started, t.connector_id as used
      from charging_profiles p join transactions t on t.charge_point = p.charge_point and ${fits}
      where p.purpose = 'TxProfile' and p.transaction_id is null and ${among("p", chargePoints)}
      order by p.command_id, t.transaction_id
    ), new as (
      select p.command_id, p.charge_point, m.used as connector_id, p.charging_profile_id, p.purpose, p.stack_level,
        p.sent_at, m.started
      from charging_profiles p join matched m using (command_id)
    ), gone as (
      delete from charging_profiles old using new
      where ${replaces("new", "old")} and ${before("old", "new")} returning old.*
    ), late as (
      delete from charging_profiles old using new
      where old.command_id = new.command_id and exists (
        select from charging_profiles newer
        where ${replaces("new", "newer")} and newer.doubted_by = '[]' and ${before("new", "newer")})
      returning old.*
    ), bound as (
      update charging_profiles p set transaction_id = new.started, connector_id = new.connector_id,
        awaited_id_tag = null, installed_at = coalesce(p.installed_at, ${now}::timestamptz)
      from new where p.command_id = new.command_id and (select count(*) from gone) >= 0
        and p.command_id not in (select command_id from late)
      returning p.*
    ), event_rows as ${
    intoOutbox(
      removed("gone where installed_at is not null", "replaced", now),
      installed("bound where doubted_by = '[]'", now),
    )
  }
    select command_id from bound union all select command_id from late`.execute(db);
  return rows.length;
}

/**
 * Whether the profile `p` waits for the transaction `t`: the transaction started after the profile was sent and before the wait ended. The
 * charge point may have queued the start, so its own time counts, too, unless its clock is known to be wrong.
 */
const fits = sql`t.start_received_at >= p.sent_at
  and (p.connector_id is null or p.connector_id = t.connector_id)
  and (p.awaited_id_tag is null or p.awaited_id_tag = t.folded_id_tag)
  and (${hasWrongClock("t")} or t.started_at > p.sent_at - interval '10 minutes')
  and (p.waits_until is null or least(t.started_at, t.start_received_at) <= p.waits_until)`;

/** Removes TxProfiles of ended transactions (3.13.1). Readers leave them out from the moment of the stop. */
export async function removeEnded(
  db: Kysely<Database>,
  chargePoints: readonly string[] | null,
  now: Date,
): Promise<number> {
  const { rows } = await sql`
    with gone as (
      delete from charging_profiles p
      where p.transaction_id is not null and ${among("p", chargePoints)} and ${isOver("p")} returning *
    ), event_rows as ${intoOutbox(removed("gone where installed_at is not null", "transactionEnded", now))}
    select command_id from gone`.execute(db);
  return rows.length;
}

/** Removes profiles of remote starts that waited for a transaction until before `before`. They never had an event. */
export async function dropUnstarted(db: Kysely<Database>, before: Date): Promise<void> {
  await sql`delete from charging_profiles where awaited_id_tag is not null and waits_until < ${before}`.execute(db);
}

/** Answered commands that still put a profile in doubt: the process died, or the database failed, before the answer was applied. */
export async function findUnsettled(
  db: Kysely<Database>,
  chargePoints: readonly string[] | null,
): Promise<UnsettledCommand[]> {
  // The search starts from the profiles in doubt, which are few; the commands are many.
  const { rows } = await sql<UnsettledCommand>`
    select distinct on (c.id) c.id, c.charge_point, c.action, c.state, c.confirmation, c.late_answer, c.settled_at
    from charging_profiles p
    cross join lateral jsonb_array_elements_text(p.doubted_by) as d(command_id)
    join commands c on c.id = d.command_id::uuid
    where p.doubted_by <> '[]' and ${among("p", chargePoints)}
      and (c.state in ('answered', 'callError') or c.late_answer is not null)
      and c.action in ('SetChargingProfile', 'ClearChargingProfile', 'RemoteStartTransaction')
      and (c.id = p.command_id or p.awaited_id_tag is null
        and (c.action <> 'ClearChargingProfile' or coalesce(p.installed_at, p.sent_at) <= c.settled_at))
    order by c.id`.execute(db);
  return rows;
}

/** Records, with events, doubts by commands that have ended without a known outcome. Such doubts do not end by themselves. */
export async function publishDoubts(
  db: Kysely<Database>,
  chargePoints: readonly string[] | null,
  now: Date,
): Promise<number> {
  const { rows } = await sql`
    with unsure as (
      update charging_profiles p set doubted_at = ${now}::timestamptz
      where p.doubted_by <> '[]' and p.doubted_at is null and ${among("p", chargePoints)} and exists (
        select from jsonb_array_elements_text(p.doubted_by) as d(command_id)
        left join commands c on c.id = d.command_id::uuid
        where c.id is null or ${hasNoEnd("c")})
      returning *
    ), event_rows as ${intoOutbox(doubted("unsure", now))}
    select command_id from unsure`.execute(db);
  return rows.length;
}
