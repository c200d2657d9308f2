/**
 * The message log: one row for every OCPP message, in both directions, in daily partitions. It serves the search for causes. No
 * component depends on it: rows may be lost where a component would otherwise have to wait.
 */
import { type Kysely, sql } from "kysely";
import { type Listed, listPage, type Order, type Page } from "./engine/list_page.ts";
import { commandOfMessage } from "./remote_trigger/triggered_parts.ts";
import { recordset } from "./engine/recordset.ts";
import type { Database, Row } from "./tables.ts";
import { type Kept, TimePartitions } from "./engine/time_partitions.ts";

/** One message. `action` is the action of the CALL, also for its answer. */
export type Message = Omit<Row<"messages">, "isCut"> & { cut: boolean };

/** A problem of a message: the name of the deviation or fault, and where or what it is. */
export type MessageProblem = Message["problems"][number];

/** A message to be recorded. Its payload is JSON text. */
export type MessageRow = Omit<Message, "payload"> & { payload: string };

/** The filter of `list`. `from` is included, `to` is not. */
export interface MessageFilter extends Partial<Pick<Message, "direction">> {
  action?: string;
  from?: Date;
  to?: Date;
}

/** The message log of all charge points. */
export interface Messages {
  /** Inserts the rows in one statement. Rows that are stored already change nothing. */
  record(rows: readonly MessageRow[]): Promise<void>;
  /** The messages of one charge point. Throws BadCursor. */
  list(chargePoint: string, filter: MessageFilter, page: Page, order?: Order): Promise<Listed<Message>>;
  /** Makes the partitions of the days around `now` and drops those older than the retention. `record` starts it once a day. */
  keepPartitions(now: Date, retentionDays?: number): Promise<Kept>;
}

/** The options of the message log, which the store sets. */
export interface MessageOptions {
  readonly retentionDays: number;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
}

/** Builds the repository. */
export function messages(
  db: Kysely<Database>,
  { retentionDays, log }: MessageOptions,
): Messages & { idle(): Promise<void> } {
  const partitions = new TimePartitions(db, {
    table: "messages",
    column: "at",
    receivedColumn: "at",
    unit: "day",
    retentionDays,
  }, log);
  return {
    async record(rows) {
      const last = rows.at(-1);
      if (last === undefined) return;
      partitions.noteReceived(last.at);
      await insert(db, rows);
    },

    list: (chargePoint, { from, to, ...filter }, page, order) =>
      listPage(db.selectFrom("messages").selectAll().select(commandOfMessage.as("triggeredBy")), page, {
        by: { at: "time", id: "number" },
        order,
        where: { chargePoint, ...filter },
        within: { at: { from, to } },
      }, messageOf),

    keepPartitions: (now, days) => partitions.keep(now, days),
    idle: () => partitions.idle(),
  };
}

const given = recordset({
  at: "timestamptz",
  id: "bigint",
  chargePoint: "text",
  direction: "text",
  type: "text",
  messageId: "text",
  action: "text",
  payload: "jsonText",
  isCut: "boolean",
  latencyMs: "integer",
  commandId: "uuid",
  transactionId: "integer",
  problems: "jsonb",
});

async function insert(db: Kysely<Database>, messages: readonly MessageRow[]): Promise<void> {
  const rows = messages.map((message) => ({ ...message, isCut: message.cut }));
  await sql`
    insert into messages (${given.names}) select ${given.values} from ${given.from(rows)} on conflict do nothing`
    .execute(db);
}

function messageOf({ isCut, triggeredBy, ...row }: Row<"messages"> & { triggeredBy: string | null }): Message {
  return { ...row, commandId: row.commandId ?? triggeredBy, cut: isCut };
}
