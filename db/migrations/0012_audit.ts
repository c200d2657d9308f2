/**
 * The audit log. Each entry is stored as the text that was hashed, chained to the entry before. `audit_head` has the end of the chain, so that
 * removed entries at the end are detected, too. A trigger refuses every change, which prevents mistakes. The owner of the database can
 * remove the trigger; a change of an entry still breaks the chain.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table audit (
      number bigint primary key,
      entry json not null,
      hash bytea not null
    )`,
    `create index audit_outcomes on audit (((entry ->> 'outcomeOf')::bigint)) where (entry ->> 'outcomeOf') is not null`,
    `create index audit_of_operator on audit ((entry ->> 'operatorId'), number)`,
    `create index audit_of_resource on audit ((entry ->> 'chargePoint'), number)`,
    `create table audit_head (number bigint not null, hash bytea not null)`,
    `create unique index audit_head_is_one on audit_head ((true))`,
    `insert into audit_head (number, hash) values (0, sha256(''))`,
    `create function refuse_change() returns trigger language plpgsql as $$
      begin raise exception 'the audit log is append-only'; end $$`,
    `create trigger audit_is_append_only before update or delete or truncate on audit
      for each statement execute function refuse_change()`,
  ]);
}
