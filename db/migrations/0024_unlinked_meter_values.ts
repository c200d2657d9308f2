/**
 * An index for samples that named an unknown transaction, for the case that their transaction is found later. Almost every sample is linked
 * when it is recorded, so the index is nearly empty.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create index meter_values_unlinked on meter_values (charge_point, sampled_at)
      where transaction_id is null and reported_transaction_id is not null`,
  ]);
}
