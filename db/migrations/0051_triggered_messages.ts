/**
 * The messages that charge points sent because of a TriggerMessage. They have their own table, because the message log may lose rows and is
 * removed after its retention, while the command shows its messages permanently. Payload is json, because it is shown unchanged.
 */
import type { Kysely } from "kysely";
import { run } from "./statements.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await run(db, [
    `create table triggered_messages (
      command_id uuid not null,
      charge_point text collate "C" not null,
      at timestamptz not null,
      message_id text not null,
      action text not null,
      connector_id bigint,
      payload json not null,
      is_cut boolean not null,
      primary key (command_id, at, message_id)
    )`,
    `create index triggered_messages_of_charge_point on triggered_messages (charge_point, message_id)`,
  ]);
}
