/**
 * ChargePointReports: what a charge point tells us of firmware, diagnostics, logs and security, kept as it came. A repeated notification is recognised by
 * its own time where it has one; the others are told apart by their arrival, since the same status may come twice on purpose.
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
