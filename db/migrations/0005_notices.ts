/**
 * Notifications of charge points about firmware, diagnostics, logs and security, stored as they were received. A repeated notification is recognised by
 * its own time, if it has one. Otherwise the time of reception distinguishes them, because a charge point may report the same status twice.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table notices (
      id bigint generated always as identity primary key,
      charge_point text collate "C" not null,
      action text not null,
      content jsonb not null,
      reported_at timestamptz,
      received_at timestamptz not null
    )`,
    `create unique index notices_natural_key on notices
      (charge_point, action, (coalesce(reported_at, received_at)), (md5(content::text)))`,
    `create index notices_of_action on notices (action, id)`,
    `create index notices_of_charge_point on notices (charge_point, id)`,
  ]);
}
