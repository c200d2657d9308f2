/**
 * Sites: groups of charge points that share one limit. The primary key of a member is its charge point, so that none belongs to two sites.
 * `version` rises with every edit and with every grant: a decision from an older version is refused.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table sites (
      id uuid primary key,
      number bigint generated always as identity unique,
      version bigint not null default 1,
      name text not null,
      time_zone text not null,
      "limit" jsonb not null,
      voltage double precision not null,
      fail_safe double precision,
      mode text not null check (mode in ('off', 'preview', 'on')),
      created_at timestamptz not null,
      updated_at timestamptz not null
    )`,
    `create table site_members (
      charge_point text collate "C" primary key,
      site uuid not null references sites (id) on delete cascade,
      place integer not null,
      particulars jsonb not null
    )`,
    `create index site_members_of_site on site_members (site, place)`,
  ]);
}
