/**
 * The answers to POST requests with an Idempotency-Key, by API key. `answer` is null while the request runs, and stays null when its process
 * died. The API encrypts it, because it may contain a secret that is shown only once.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table idempotency_keys (
      api_key text not null,
      key text collate "C" not null,
      fingerprint bytea not null,
      answer bytea,
      process bigint not null,
      created_at timestamptz not null,
      primary key (api_key, key)
    )`,
    `create index idempotency_keys_age on idempotency_keys (created_at)`,
  ]);
}
