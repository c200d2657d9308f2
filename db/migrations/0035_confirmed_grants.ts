/**
 * The command that installed a confirmed grant. Its charging profile in the mirror shows whether the grant is still installed, or whether an
 * operator's command replaced or cleared it.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `alter table site_grants add column confirmed_by uuid`,
    // The id of our profiles is 2000000000 plus the connector. The newest accepted one is the confirmed one.
    `update site_grants g set confirmed_by = coalesce((
      select p.command_id from charging_profiles p
      where p.charge_point = g.charge_point and p.charging_profile_id = 2000000000 + g.connector_id
        and p.installed_at is not null
      order by p.sent_at desc limit 1), gen_random_uuid())
      where g.confirmed is not null`,
  ]);
}
