/**
 * Limits the number of doubts about a charge point that never answers. Each attempt adds a profile that may be installed, and a doubt about those
 * before it. A repeated attempt adds no information, so only the last one is kept, and for one id and place only the newest profiles are kept.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { intoOutbox } from "../event_outbox.ts";
import type { Database } from "../tables.ts";
import { among, hasNoEnd, removed } from "./charging_profile_rules.ts";

/** The most profiles without a known outcome that are kept for one id and place. The number of the others is kept in `others`. */
export const MOST_TRIED = 8;

/**
 * Merges commands with the same request and without a known outcome into the last one. While the last one is under way nothing is merged: it may
 * be refused, and then the earlier ones still count. Returns the number of profiles that were removed.
 */
export async function limitDoubts(
  db: Kysely<Database>,
  chargePoints: readonly string[] | null,
  now: Date,
): Promise<number> {
  return await fold(db, chargePoints, now, repeated) + await fold(db, chargePoints, now, tooMany);
}

/** Commands with the same request as a newer one. */
const repeated = sql`
  select id, by, 0 as more from (
    select l.id, first_value(l.id) over (partition by l.charge_point, l.action, l.request, p.transaction_id order by l.id desc) as by
    from lasting l left join charging_profiles p on p.command_id = l.id and p.awaited_id_tag is null
  ) as same where id <> by`;

/** Profiles of one id and place beyond the newest. A command that clears or replaces the newest clears or replaces these, too. */
const tooMany = sql`
  select id, by, 1 as more from (
    select p.command_id as id, first_value(p.command_id) over tries as by, row_number() over tries as nth
    from charging_profiles p join lasting l on l.id = p.command_id
    where p.doubted_by ? p.command_id::text and p.awaited_id_tag is null
    window tries as (
      partition by p.charge_point, p.connector_id, p.charging_profile_id, p.purpose, p.stack_level, p.transaction_id
      order by p.sent_at desc, p.command_id desc)
  ) as tried where nth > ${sql.lit(MOST_TRIED)}`;

/** Merges commands (`id` of `which`) into newer ones (`by`); `more` is added to the number of others there. */
async function fold(
  db: Kysely<Database>,
  chargePoints: readonly string[] | null,
  now: Date,
  which: RawBuilder<unknown>,
): Promise<number> {
  const { rows } = await sql`
    with lasting as materialized (
      select distinct c.id, c.charge_point, c.action, c.request::text as request
      from charging_profiles p cross join lateral jsonb_array_elements_text(p.doubted_by) as d(id)
      join commands c on c.id = d.id::uuid
      where p.doubted_by <> '[]' and ${among("p", chargePoints)} and ${hasNoEnd("c")}
        and c.action in ('SetChargingProfile', 'ClearChargingProfile')
    ), folded as materialized (${which}
    ), gone as (
      delete from charging_profiles p using folded f where p.command_id = f.id and p.doubted_by ? f.id::text
      returning p.*, f.by, f.more
    ), kept as (
      update charging_profiles p set
        doubted_by = (
          select coalesce(jsonb_agg(d.id order by d.place), '[]')
          from jsonb_array_elements_text(p.doubted_by) with ordinality as d(id, place)
          where not exists (select from folded f where f.id::text = d.id and p.doubted_by ? f.by::text)),
        others = p.others + coalesce((select sum(g.others + g.more) from gone g where g.by = p.command_id), 0)
      where p.command_id not in (select id from folded) and exists (select from folded f where p.doubted_by ? f.by::text)
    ), event_rows as ${intoOutbox(removed("gone", "superseded", now))}
    select command_id from gone`.execute(db);
  return rows.length;
}

/**
 * Whether earlier attempts were merged into a command that ended without an answer. A late answer to the command says nothing about them. True
 * when the same request was sent before without a known outcome, or when its profile counts others.
 */
export async function hasEarlierTries(db: Kysely<Database>, commandId: string): Promise<boolean> {
  const { rows: [found] } = await sql<{ stands: boolean }>`
    select exists (select from charging_profiles p where p.command_id = ${commandId}::uuid and p.others > 0)
      or exists (select from commands last join commands c on c.charge_point = last.charge_point and c.id < last.id
        where last.id = ${commandId}::uuid and c.action = last.action and c.request::text = last.request::text
          and ${hasNoEnd("c")}) as stands`.execute(db);
  return found!.stands;
}
