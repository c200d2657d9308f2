/** How a comparison with the charge point's own composite schedule changes the mirror: it puts profiles in doubt, or ends doubts. */
import { type Kysely, sql } from "kysely";
import { intoOutbox } from "../event_outbox.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database } from "../tables.ts";
import { jsonb } from "../engine/values.ts";
import { before, doubted, installed, removed, replaces } from "./charging_profile_rules.ts";

/** A profile with its doubts at the time of the proof. */
export interface KnownDoubt {
  readonly commandId: string;
  readonly doubtedBy: readonly string[];
}

/** Profiles that are certainly installed (`present`) and certainly not installed (`absent`). */
export interface Proof {
  readonly present: readonly KnownDoubt[];
  readonly absent: readonly KnownDoubt[];
}

const proofs = recordset({ commandId: "uuid", doubtedBy: "jsonb", present: "boolean" });

/**
 * Ends the doubts about profiles in a proof. Profiles that are absent, and those that a present one replaced, are removed. A profile whose doubts
 * have changed since the proof stays as it is, because another command was sent since. Returns the number of settled profiles.
 */
export async function endDoubts(db: Kysely<Database>, { present, absent }: Proof, now: Date): Promise<number> {
  const given = [...present.map((known) => rowOf(known, true)), ...absent.map((known) => rowOf(known, false))];
  const { rows } = await sql`
    with proved as (
      select p.*, g.present from charging_profiles p
      join ${proofs.from(given)} on p.command_id = g.command_id and p.doubted_by = g.doubted_by
      where p.doubted_by <> '[]' and p.awaited_id_tag is null
    ), absent as (
      delete from charging_profiles p using proved
      where p.command_id = proved.command_id and p.doubted_by = proved.doubted_by and not proved.present
      returning p.*
    ), gone as (
      delete from charging_profiles old using proved new
      where new.present and ${replaces("new", "old")} and ${before("old", "new")}
        and old.command_id not in (select command_id from proved)
      returning old.*
    ), placed as (
      update charging_profiles p set doubted_by = '[]', doubted_at = null,
        installed_at = coalesce(p.installed_at, ${now}::timestamptz)
      from proved
      where p.command_id = proved.command_id and p.doubted_by = proved.doubted_by and proved.present
        and (select count(*) from gone) >= 0
      returning p.*
    ), event_rows as ${
    intoOutbox(
      removed("absent where installed_at is not null or doubted_at is not null", "absent", now),
      removed("gone where installed_at is not null", "replaced", now),
      installed("placed", now),
    )
  }
    select command_id from absent union all select command_id from placed`.execute(db);
  return rows.length;
}

function rowOf({ commandId, doubtedBy }: KnownDoubt, present: boolean) {
  return { commandId, doubtedBy, present };
}

/** Puts these profiles in doubt by a command whose answer contradicts them, with events. Returns how many. */
export async function doubtProfiles(
  db: Kysely<Database>,
  { commandIds, by }: { commandIds: readonly string[]; by: string },
  now: Date,
): Promise<number> {
  const { rows } = await sql`
    with unsure as (
      update charging_profiles set doubted_by = ${withoutComparisons} || ${jsonb([by])},
        doubted_at = coalesce(doubted_at, ${now}::timestamptz)
      where command_id::text in (select jsonb_array_elements_text(${
    jsonb(commandIds)
  })) and not doubted_by ? ${by}::text
      returning *
    ), event_rows as ${intoOutbox(doubted("unsure", now))}
    select command_id from unsure`.execute(db);
  return rows.length;
}

/** The doubts without those of earlier comparisons: only the newest comparison counts. */
const withoutComparisons = sql`(
  select coalesce(jsonb_agg(d.id order by d.place), '[]')
  from jsonb_array_elements_text(doubted_by) with ordinality as d(id, place)
  where not exists (select from commands c where c.id = d.id::uuid and c.action = 'GetCompositeSchedule'))`;
