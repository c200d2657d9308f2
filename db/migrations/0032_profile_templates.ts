/**
 * Charging profiles as templates, and their installations on many charge points. Each target of an installation has the id of its command from
 * the beginning, so that it is known after a crash whether the command was made.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table profile_templates (
      id uuid primary key,
      number bigint generated always as identity unique,
      name text not null,
      description text not null,
      profile json not null,
      created_at timestamptz not null,
      updated_at timestamptz not null
    )`,
    // The charging profile at the beginning of the installation; the template may be changed or removed later.
    `create table profile_installations (
      id uuid primary key,
      template_id uuid not null,
      connector_id bigint not null,
      profile json not null,
      transactions text not null check (transactions in ('any', 'running')),
      when_offline text not null check (when_offline in ('refuse', 'queue')),
      expires_in_seconds bigint,
      requested_by text,
      created_at timestamptz not null
    )`,
    `create index profile_installations_of_template on profile_installations (template_id, id)`,
    // outcome: null until it is known. detail: why no command was made.
    `create table profile_installation_targets (
      installation_id uuid not null references profile_installations on delete cascade,
      charge_point text collate "C" not null,
      command_id uuid not null unique,
      asked_at timestamptz,
      outcome text,
      detail text,
      primary key (installation_id, charge_point)
    )`,
    `create index profile_installation_targets_open on profile_installation_targets (command_id) where outcome is null`,
  ]);
}
