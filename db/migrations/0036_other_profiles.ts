/** The number of older profiles of the same id and place without a known outcome that are not kept. One of them may be installed instead. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [`alter table charging_profiles add column others integer not null default 0`]);
}
