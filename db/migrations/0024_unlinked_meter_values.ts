/**
 * Finds the samples that named a transaction which was none of the charge point's, for when it turns out which was meant. Almost every
 * sample is linked as it is recorded, so the index is next to empty.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create index meter_values_unlinked on meter_values (charge_point, sampled_at)
      where transaction_id is null and reported_transaction_id is not null`,
  ]);
}
