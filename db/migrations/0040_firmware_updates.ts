/**
 * Firmware updates: one row for each UpdateFirmware or SignedUpdateFirmware that was sent, under the id of its command. `rank` orders the statuses, so
 * that only a later status replaces an earlier one; 0 is before the first. `version_before` is the version of the last BootNotification before the
 * command.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table firmware_updates (
      command_id uuid primary key,
      charge_point text collate "C" not null,
      request_id bigint,
      version_before text,
      sent_at timestamptz not null,
      status text,
      rank smallint not null default 0,
      since timestamptz
    )`,
    `create index firmware_updates_of_charge_point on firmware_updates (charge_point, command_id)`,
  ]);
}
