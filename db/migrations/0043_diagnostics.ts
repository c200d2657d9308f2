/**
 * What became of each GetDiagnostics that went out: the upload as the charge point reports it, and the file. What was asked and answered is in the
 * command's row. `file` is the name of the bytes in their folder, null when none came or they were removed after their time.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table diagnostics (
      command_id uuid primary key,
      charge_point text collate "C" not null,
      token_hash text collate "C" unique,
      expires_at timestamptz not null,
      status text,
      status_at timestamptz,
      file uuid,
      name text,
      bytes bigint,
      sha256 text,
      received_at timestamptz
    )`,
    `create index diagnostics_of_charge_point on diagnostics (charge_point, command_id)`,
    `create index diagnostics_received on diagnostics (received_at) where file is not null`,
  ]);
}
