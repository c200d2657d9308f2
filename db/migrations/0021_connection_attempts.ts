/** Connection attempts that were refused or unusual. One row counts the repeats within a minute. */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table connection_attempts (
      id uuid primary key,
      at timestamptz not null,
      last_at timestamptz not null,
      count integer not null,
      address text not null,
      identity text collate "C",
      cause text not null,
      found text not null,
      cure text not null
    )`,
    `create index connection_attempts_of_identity on connection_attempts (identity, id)`,
    `create index connection_attempts_of_cause on connection_attempts (cause, id)`,
    `create index connection_attempts_of_address on connection_attempts (address, id)`,
    `create index connection_attempts_last on connection_attempts using brin (last_at)`,
  ]);
}
