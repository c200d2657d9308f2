/** How each charge point reached us the last time: addresses that are made for it while it is away begin with that, after a restart, too. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [`alter table charge_points add column dialled text`]);
}
