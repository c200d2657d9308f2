/** The base address that each charge point dialled last. Download addresses for it begin with it, also while it is not connected. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [`alter table charge_points add column dialled text`]);
}
