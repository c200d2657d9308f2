/**
 * The grants of site limits: on connector 0 the fail-safe of the whole charge point, on another connector the limit of its transaction. Rows
 * belong to no site: a limit stays installed after its site is removed, until it is cleared. Limits are in `unit`. `confirmed` was accepted
 * last, `asked` is in the command `command_id`, `doubtful` is the largest limit with an unknown outcome.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table site_grants (
      charge_point text collate "C" not null,
      connector_id bigint not null,
      transaction_id integer,
      unit text not null check (unit in ('A', 'W')),
      stack_level integer not null,
      confirmed double precision,
      confirmed_at timestamptz,
      doubtful double precision,
      asked double precision,
      asked_at timestamptz,
      command_id uuid,
      clearing boolean not null default false,
      cleared_at timestamptz,
      failures integer not null default 0,
      refusals integer not null default 0,
      retry_at timestamptz,
      outcome text,
      primary key (charge_point, connector_id)
    )`,
  ]);
}
