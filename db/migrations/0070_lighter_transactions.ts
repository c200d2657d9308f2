/**
 * Two indexes of transactions that every start paid for and that lists hardly need: by time a block range is enough, because rows come
 * nearly in its order; the running ones are few and have indexes of their own.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `drop index transactions_state`,
    `drop index transactions_started`,
    `create index transactions_started on transactions using brin (started_at)`,
  ]);
}
