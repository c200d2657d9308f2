/**
 * The result of each GetDiagnostics that was sent: the reported status of the upload, and the file. Request and confirmation are in the command's row.
 * `file` is the id of the file in its folder; null when none was uploaded, or when it was removed after the retention.
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
