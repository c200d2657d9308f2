/**
 * Keeps the doubts about a charge point that never answers from growing without an end. Each try is a profile that may be there, and a doubt about
 * those before it; what has been tried twice says no more than what was tried last, and of one place only the newest are kept.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import { intoOutbox } from "../event_outbox.ts";
import type { Database } from "../tables.ts";
import { among, hasNoEnd, removed } from "./charging_profile_facts.ts";

/** So many different profiles of one id and place are kept without a known end; how many more there were is counted. */
export const MOST_TRIED = 8;

/**
 * Folds what was tried again into the last try: commands that ask for the same, all without a known end. While the last one is under way
 * nothing is folded: it may be refused, and then the earlier ones still stand. Returns how many profiles are kept no longer.
 */
export async function boundDoubts(
  db: Kysely<Database>,
  chargePoints: readonly string[] | null,
  now: Date,
): Promise<number> {
  return await fold(db, chargePoints, now, repeated) + await fold(db, chargePoints, now, tooMany);
}

/** Commands that ask for the same as a newer one. */
const repeated = sql`
  select id, by, 0 as more from (
    select l.id, first_value(l.id) over (partition by l.charge_point, l.action, l.request, p.transaction_id order by l.id desc) as by
    from lasting l left join charging_profiles p on p.command_id = l.id and p.awaited_id_tag is null
  ) as same where id <> by`;

/** Profiles of one id and place beyond the newest. Whatever else clears or replaces those clears or replaces these. */
const tooMany = sql`
  select id, by, 1 as more from (
    select p.command_id as id, first_value(p.command_id) over tries as by, row_number() over tries as nth
    from charging_profiles p join lasting l on l.id = p.command_id
    where p.doubted_by ? p.command_id::text and p.awaited_id_tag is null
    window tries as (
      partition by p.charge_point, p.connector_id, p.charging_profile_id, p.purpose, p.stack_level, p.transaction_id
      order by p.sent_at desc, p.command_id desc)
  ) as tried where nth > ${sql.lit(MOST_TRIED)}`;

/** `which`: commands (`id`) that are folded into newer ones (`by`); `more` of them count as others there. */
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
    ), told as ${intoOutbox(removed("gone", "superseded", now))}
    select command_id from gone`.execute(db);
  return rows.length;
}

/**
 * Whether other tries may stand behind a command that has ended without an answer, so that what it is told late says nothing of them: the
 * same was asked for before, or others are counted with its profile.
 */
export async function standsForOthers(db: Kysely<Database>, commandId: string): Promise<boolean> {
  const { rows: [found] } = await sql<{ stands: boolean }>`
    select exists (select from charging_profiles p where p.command_id = ${commandId}::uuid and p.others > 0)
      or exists (select from commands last join commands c on c.charge_point = last.charge_point and c.id < last.id
        where last.id = ${commandId}::uuid and c.action = last.action and c.request::text = last.request::text
          and ${hasNoEnd("c")}) as stands`.execute(db);
  return found!.stands;
}
