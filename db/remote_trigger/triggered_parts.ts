/** What triggers brought, as parts of the statements that read commands and the message log. */
import { type RawBuilder, sql } from "kysely";
import { time } from "../event_outbox.ts";
import type { TriggeredMessagesTable } from "./triggered_messages_table.ts";

/** A message that a command has brought, as the command shows it. `cut`: only the beginning of the payload was kept, as text. */
export type TriggeredMessage =
  & Omit<TriggeredMessagesTable, "commandId" | "chargePoint" | "isCut">
  & { cut: boolean };

/** The same out of the database. */
export type TriggeredRow = Omit<TriggeredMessage, "at"> & { at: string };

/** Of a row of `commands`: what it brought, oldest first; null where it is no trigger. */
export const broughtByCommand: RawBuilder<TriggeredRow[] | null> = sql<TriggeredRow[] | null>`
  case when commands.action in ('TriggerMessage', 'ExtendedTriggerMessage') then (
    select coalesce(json_agg(json_build_object('action', t.action, 'connectorId', t.connector_id,
      'at', ${sql.raw(time("t.at"))}, 'messageId', t.message_id, 'payload', t.payload, 'cut', t.is_cut)
      order by t.at, t.message_id), '[]')
    from triggered_messages t where t.command_id = commands.id) end`;

/** Ids of messages may come again after a reboot, but an answer is not so much later than its CALL. */
export const commandOfMessage: RawBuilder<string | null> = sql<string | null>`
  (select t.command_id from triggered_messages t
  where t.charge_point = messages.charge_point and t.message_id = messages.message_id and messages.at >= t.at
    and messages.at < t.at + interval '1 minute'
  limit 1)`;

/** Rows as they are shown. */
export function triggeredOf(rows: readonly TriggeredRow[]): TriggeredMessage[] {
  return rows.map((row) => ({ ...row, at: new Date(row.at) }));
}
