/**
 * Local authorization lists as operators want them: own lists of charge points, and lists that all charge points with a label share.
 * `folded_id_tags` has the idTags of `entries` in the form for comparisons, to find the lists with an idTag.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table desired_local_lists (
      charge_point text collate "C" primary key,
      entries json not null,
      folded_id_tags text[] not null,
      updated_at timestamptz not null
    )`,
    `create index desired_local_lists_id_tags on desired_local_lists using gin (folded_id_tags)`,

    // label: "name", or "name=value"
    `create table local_lists (
      name text collate "C" primary key,
      label text not null,
      entries json not null,
      folded_id_tags text[] not null,
      created_at timestamptz not null,
      updated_at timestamptz not null
    )`,
    `create index local_lists_id_tags on local_lists using gin (folded_id_tags)`,
  ]);
}
