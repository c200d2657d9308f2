/** The messages that triggers brought, by their command. How they are shown is in triggered_parts.ts. */
import { type Kysely, sql } from "kysely";
import { type Command, commandOf, type CommandRow } from "../command_row.ts";
import { recordset } from "../engine/recordset.ts";
import type { Database, Row } from "../tables.ts";
import { texts } from "../engine/values.ts";

/** A message that came because of a command. Its payload is JSON text already, `cut` when only its beginning was kept. */
export type NewTriggeredMessage = Omit<Row<"triggeredMessages">, "isCut"> & { payload: string; cut: boolean };

/** A trigger that may still bring something, and the connectors whose message has come. */
export interface PendingTrigger {
  command: Command;
  came: (number | null)[];
}

export interface TriggeredMessages {
  /** One statement. The same rows again change nothing. */
  record(rows: readonly NewTriggeredMessage[]): Promise<void>;
  /** Forgets what seemed to come of a command that was refused. */
  drop(commandId: string): Promise<void>;
  /** Commands of these actions that were sent since, the newest of them. */
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
      const { rows } = await sql<CommandRow & { came: (number | null)[] }>`
        select c.*, (select coalesce(json_agg(t.connector_id), '[]') from triggered_messages t where t.command_id = c.id)
          as came
        from (select * from commands where action = any(${texts(actions)}) order by id desc
          limit ${sql.lit(MOST_PENDING)}) c
        where c.sent_at >= ${since}::timestamptz`.execute(db);
      return rows.map(({ came, ...row }) => ({ command: commandOf(row as CommandRow), came }));
    },
  };
}
