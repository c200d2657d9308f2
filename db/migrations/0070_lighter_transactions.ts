/**
 * Drops the index of transactions by state, and replaces the index by time with a smaller one: both slowed down every start, and lists hardly
 * need them. For the time a block range index is enough, because rows are inserted nearly in its order. Active transactions are few and have
 * their own indexes.
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
