/** What a comparison with the charge point's own composite schedule does to the mirror: it makes doubts, and ends them. */
import { type Kysely, sql } from "kysely";
import { intoOutbox } from "../event_outbox.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database } from "../tables.ts";
import { jsonb } from "../engine/values.ts";
import { before, doubted, installed, removed, replaces } from "./charging_profile_facts.ts";

/** A profile as it was when something was proved about it. */
export interface KnownDoubt {
  readonly commandId: string;
  readonly doubtedBy: readonly string[];
}

/** Profiles that are certainly there, and others that certainly are not. */
export interface Proof {
  readonly present: readonly KnownDoubt[];
  readonly absent: readonly KnownDoubt[];
}

const proofs = recordset({ commandId: "uuid", doubtedBy: "jsonb", present: "boolean" });

/**
 * Ends the doubts of which something was proved: what is there is certain, and what it replaced is gone with what is not there. A profile that
 * is in other doubts than it was then stays as it is: a command that was sent since knows nothing of the proof. Returns how many.
 */
export async function endDoubts(db: Kysely<Database>, { present, absent }: Proof, now: Date): Promise<number> {
  const given = [...present.map((one) => knownOf(one, true)), ...absent.map((one) => knownOf(one, false))];
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
    ), told as ${
    intoOutbox(
      removed("absent where installed_at is not null or doubted_at is not null", "absent", now),
      removed("gone where installed_at is not null", "replaced", now),
      installed("placed", now),
    )
  }
    select command_id from absent union all select command_id from placed`.execute(db);
  return rows.length;
}

function knownOf({ commandId, doubtedBy }: KnownDoubt, present: boolean) {
  return { commandId, doubtedBy, present };
}

/** Puts these profiles in doubt by a command that showed something else, and tells of it. */
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
    ), told as ${intoOutbox(doubted("unsure", now))}
    select command_id from unsure`.execute(db);
  return rows.length;
}

/** The newest comparison says as much as all before it. */
const withoutComparisons = sql`(
  select coalesce(jsonb_agg(d.id order by d.place), '[]')
  from jsonb_array_elements_text(doubted_by) with ordinality as d(id, place)
  where not exists (select from commands c where c.id = d.id::uuid and c.action = 'GetCompositeSchedule'))`;
