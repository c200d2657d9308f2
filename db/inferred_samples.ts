/** Links meter values to a transaction after a StopTransaction with an unusable transactionId was matched with it. */
import { type Kysely, sql } from "kysely";
import type { Database } from "./tables.ts";
import { jsonb } from "./engine/values.ts";

/**
 * Links the samples between the start and the stop of these transactions that had the transactionId of the stop. May be repeated. The
 * digest does not change, so that a sample that is sent again is recognised. This is a statement of its own because the case is rare:
 * ordinary stops never touch the partitions of the samples.
 */
export async function linkInferredSamples(db: Kysely<Database>, transactionIds: readonly number[]): Promise<void> {
  if (transactionIds.length === 0) return;
  const ids = sql`array(select jsonb_array_elements_text(${jsonb(transactionIds)})::integer)`;
  await sql`
    update meter_values v set transaction_id = t.transaction_id, connector_id = t.connector_id
    from transactions t join transaction_stops s using (charge_point, transaction_id)
    where t.transaction_id = any(${ids}) and s.outcome = 'inferred'
      and v.charge_point = t.charge_point and v.sampled_at between t.started_at and s.stopped_at
      and v.transaction_id is null and v.reported_transaction_id is not null
      and v.reported_transaction_id = s.reported_transaction_id
      and v.connector_id in (0, t.connector_id)`.execute(db);
}
