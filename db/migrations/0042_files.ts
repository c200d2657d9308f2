/**
 * Firmware images for download, and the addresses at which charge points download them without a key. The content is in a folder, under the file's id.
 * Only the hash of an address's token is stored, so that access to the database gives no access to files.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table files (
      id uuid primary key,
      name text not null,
      description text not null,
      bytes bigint not null,
      sha256 text not null,
      created_at timestamptz not null
    )`,
    `create table file_addresses (
      token_hash text collate "C" primary key,
      file uuid not null references files (id) on delete cascade,
      charge_point text collate "C",
      once boolean not null,
      used_at timestamptz,
      created_at timestamptz not null,
      expires_at timestamptz not null
    )`,
    `create index file_addresses_of_file on file_addresses (file)`,
    `create index file_addresses_due on file_addresses (expires_at)`,
  ]);
}
