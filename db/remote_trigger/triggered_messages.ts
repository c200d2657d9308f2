/** The messages that charge points sent because of a TriggerMessage, by the id of the command. triggered_parts.ts reads them. */
import { type Kysely, sql } from "kysely";
import { type Command, commandOf, type CommandRow } from "../command_row.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Row } from "../tables.ts";
import { texts } from "../engine/values.ts";

/** A message to be recorded. Its payload is JSON text; `cut`: only the beginning of the payload is stored. */
export type NewTriggeredMessage = Omit<Row<"triggeredMessages">, "isCut"> & { payload: string; cut: boolean };

/** A trigger whose messages may still be received, and the connectors whose message was received. */
export interface PendingTrigger {
  command: Command;
  received: (number | null)[];
}

/** The triggered messages by command. */
export interface TriggeredMessages {
  /** Inserts the rows in one statement. Rows that are stored already change nothing. */
  record(rows: readonly NewTriggeredMessage[]): Promise<void>;
  /** Removes the messages of a command that the charge point refused: another cause must have led to them. */
  drop(commandId: string): Promise<void>;
  /** Commands of these actions that were sent since, among the newest 1000. */
  listSent(actions: readonly string[], since: Date): Promise<PendingTrigger[]>;
}

const MOST_PENDING = 1000;

const given = recordset({
  commandId: "uuid",
  chargePoint: "text",
  at: "timestamptz",
  messageId: "text",
  action: "text",
  connectorId: "bigint",
  payload: "jsonText",
  isCut: "boolean",
});

/** Builds the repository. */
export function triggeredMessages(db: Kysely<Database>): TriggeredMessages {
  return {
    async record(messages) {
      if (messages.length === 0) return;
      const rows = messages.map((message) => ({ ...message, isCut: message.cut }));
      await sql`
        insert into triggered_messages (${given.names}) select ${given.values} from ${given.from(rows)}
        on conflict do nothing`.execute(db);
    },

    async drop(commandId) {
      await db.deleteFrom("triggeredMessages").where("commandId", "=", commandId).execute();
    },

    async listSent(actions, since) {
      const { rows } = await sql<CommandRow & { received: (number | null)[] }>`
        select c.*, (select coalesce(json_agg(t.connector_id), '[]') from triggered_messages t where t.command_id = c.id)
          as received
        from (select * from commands where action = any(${texts(actions)}) order by id desc
          limit ${sql.lit(MOST_PENDING)}) c
        where c.sent_at >= ${since}::timestamptz`.execute(db);
      return rows.map(({ received, ...row }) => ({ command: commandOf(row as CommandRow), received }));
    },
  };
}
