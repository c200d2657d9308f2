/**
 * The known local lists of charge points, and the synchronisations that change them. A message with an unknown outcome is stored next to the
 * state before it: in `pending_version` and `pending_info` of each entry that it names.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    // version: the last accepted or reported one. is_complete: the list cannot have other entries than the known ones.
    `create table known_local_lists (
      charge_point text collate "C" primary key,
      version bigint,
      is_complete boolean not null default false,
      pending_version bigint,
      pending_type text check (pending_type in ('Full', 'Differential')),
      highest_version bigint not null default 0,
      is_supported boolean,
      conflict_at timestamptz,
      changed_at timestamptz
    )`,
    // id_tag_info null: not in the list. Such a row exists only while a message about it is pending.
    `create table known_local_list_entries (
      charge_point text collate "C" not null,
      folded_id_tag text collate "C" not null,
      id_tag text not null,
      id_tag_info jsonb,
      pending_version bigint,
      pending_info jsonb,
      primary key (charge_point, folded_id_tag)
    )`,

    // One row for each charge point: its last synchronisation. state null: there was none, the row only says that one is due.
    // command_id is stored before the command is made.
    `create table local_list_syncs (
      charge_point text collate "C" primary key,
      state text check (state in ('running', 'waiting', 'synchronised', 'failed', 'inDoubt')),
      update_type text check (update_type in ('Full', 'Differential')),
      next_step text check (next_step in ('askVersion', 'sendFull', 'sendDifferential')),
      waits_for_charge_point boolean not null default false,
      requested_by text,
      requested_at timestamptz,
      expires_at timestamptz,
      ended_at timestamptz,
      reason text,
      command_id uuid,
      command_ids jsonb not null default '[]',
      repairs integer not null default 0,
      not_before timestamptz,
      is_managed boolean not null default false,
      is_due boolean not null default false
    )`,
    `create index local_list_syncs_open on local_list_syncs (charge_point)
      where is_due or state in ('running', 'waiting')`,
  ]);
}
