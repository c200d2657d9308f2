/** Several keys of a charge point may be pending, each with an unknown outcome: a list replaces the single key. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `alter table charge_points alter column pending_credentials type jsonb
      using case when pending_credentials is null then '[]' else jsonb_build_array(pending_credentials) end`,
    `alter table charge_points alter column pending_credentials set default '[]',
      alter column pending_credentials set not null`,
  ]);
}
