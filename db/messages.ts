/**
 * The message log: every OCPP message both ways, a row each, in daily partitions. It is for people who look for the cause of
 * something; nothing is decided by it, so it may lose rows where it would have to make somebody wait.
 */
import { type Kysely, sql } from "kysely";
import { type Listed, listPage, type Order, type Page } from "./engine/list_page.ts";
import { commandOfMessage } from "./remote_trigger/triggered_parts.ts";
import { recordset } from "./engine/recordset.ts";
import type { Database, Row } from "./tables.ts";
import { type Kept, TimePartitions } from "./engine/time_partitions.ts";

/** One message. `action` is the CALL's, at its answer too. */
export type Message = Omit<Row<"messages">, "isCut"> & { cut: boolean };

/** Something that is wrong with a message: a deviation's or a fault's name, and the place or the words. */
export type MessageProblem = Message["problems"][number];

/** A message about to be recorded; its payload is JSON text already. */
export type MessageRow = Omit<Message, "payload"> & { payload: string };

/** Narrows `list`. `from` is included, `to` is not. */
export interface MessageFilter extends Partial<Pick<Message, "direction">> {
  action?: string;
  from?: Date;
  to?: Date;
}

export interface Messages {
  /** One statement. The same rows again change nothing. */
  record(rows: readonly MessageRow[]): Promise<void>;
  /** Of one charge point. Throws BadCursor. */
  list(chargePoint: string, filter: MessageFilter, page: Page, order?: Order): Promise<Listed<Message>>;
  /** Makes the partitions of the days around `now` and drops what is older than the retention; `record` has it done daily. */
  keepPartitions(now: Date, retentionDays?: number): Promise<Kept>;
}

/** What the store decides for this repository. */
export interface MessageOptions {
  readonly retentionDays: number;
  readonly log: (line: string, facts?: Record<string, unknown>) => void;
}

/** Builds the repository. */
export function messages(
  db: Kysely<Database>,
  { retentionDays, log }: MessageOptions,
): Messages & { quiet(): Promise<void> } {
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
      partitions.see(last.at);
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
    quiet: () => partitions.quiet(),
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
