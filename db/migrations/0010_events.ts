/**
 * Events. Statements write event rows into the outbox. After the commit, a publisher moves them into `events` and numbers them, so that the
 * numbers rise in the order in which readers can see the rows. Data is json, not jsonb, because it is shown unchanged and never searched.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table event_outbox (
      id bigint generated always as identity primary key,
      type text not null,
      charge_point text collate "C",
      at timestamptz not null,
      data json not null
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
    `create sequence event_sequence`,
    `create table events (
      sequence bigint primary key,
      type text not null,
      charge_point text collate "C",
      at timestamptz not null,
      data json not null,
      published_at timestamptz not null
    )`,
    `create index events_of_charge_point on events (charge_point, sequence)`,
    `create index events_of_type on events (type, sequence)`,
  ]);
}
