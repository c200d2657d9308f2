/** How many older profiles of the same id and place are not kept, which were sent without a known end before this one, and may be there instead. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [`alter table charging_profiles add column others integer not null default 0`]);
}
