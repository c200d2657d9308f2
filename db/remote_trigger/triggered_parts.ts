/** SQL that adds triggered messages to the statements that read commands and the message log. */
import { type RawBuilder, sql } from "kysely";
import { time } from "../event_outbox.ts";
import type { TriggeredMessagesTable } from "./triggered_messages_table.ts";

/** A triggered message as a part of its command. `cut`: only the beginning of the payload is stored, as text. */
export type TriggeredMessage =
  & Omit<TriggeredMessagesTable, "commandId" | "chargePoint" | "isCut">
  & { cut: boolean };

/** A TriggeredMessage as the database returns it. */
export type TriggeredRow = Omit<TriggeredMessage, "at"> & { at: string };

/** The triggered messages of a row of `commands`, oldest first; null for other actions. */
export const broughtByCommand: RawBuilder<TriggeredRow[] | null> = sql<TriggeredRow[] | null>`
  case when commands.action in ('TriggerMessage', 'ExtendedTriggerMessage') then (
    select coalesce(json_agg(json_build_object('action', t.action, 'connectorId', t.connector_id,
      'at', ${sql.raw(time("t.at"))}, 'messageId', t.message_id, 'payload', t.payload, 'cut', t.is_cut)
      order by t.at, t.message_id), '[]')
    from triggered_messages t where t.command_id = commands.id) end`;

/** The command of a row of `messages`. A charge point may use a message id again after a reboot, so only the next minute is searched. */
export const commandOfMessage: RawBuilder<string | null> = sql<string | null>`
  (select t.command_id from triggered_messages t
  where t.charge_point = messages.charge_point and t.message_id = messages.message_id and messages.at >= t.at
    and messages.at < t.at + interval '1 minute'
  limit 1)`;

/** Makes triggered messages from their rows. */
export function triggeredOf(rows: readonly TriggeredRow[]): TriggeredMessage[] {
  return rows.map((row) => ({ ...row, at: new Date(row.at) }));
}
