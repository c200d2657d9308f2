/**
 * Operators' commands. A command is a row before it is sent. Its state only moves forward: every update names the states that it
 * may start from. Of two concurrent updates, the second changes nothing.
 */
import { type Kysely, sql } from "kysely";
import { type Claim, claimEach, type Claimed } from "./command_claims.ts";
import { type Command, commandOf, type CommandRow, settledEvents, type Settlement } from "./command_row.ts";
import { type OutboxSignal, signalling } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { type Listed, listPage, type Order, type Page } from "./engine/list_page.ts";
import { recordset } from "./engine/recordset.ts";
import { broughtByCommand } from "./remote_trigger/triggered_parts.ts";
import { reservationOfCommand } from "./reservation/reservation_parts.ts";
import type { CommandError, Database } from "./tables.ts";
import { json, texts } from "./engine/values.ts";

export type { Claimed } from "./command_claims.ts";
export type { Command, Settlement } from "./command_row.ts";
export type { CommandError } from "./tables.ts";

/** A command that is to be queued. */
export type NewCommand =
  & Pick<Command, "id" | "chargePoint" | "action" | "createdAt" | "expiresAt" | "requestedBy" | "whenOffline">
  & { request: object };

/** The filter of `list`. */
export type CommandFilter = Partial<Pick<Command, "chargePoint" | "action" | "state">>;

/** A charge point whose connection has ended. */
export interface EndedConnection {
  readonly chargePoint: string;
  readonly endedAt: Date;
}

/** The queue and the history of commands, by id and by charge point. */
export interface Commands {
  /** Undefined when `limit` commands are queued for the charge point already; then nothing is written. */
  insert(command: NewCommand, limit?: number): Promise<Command | undefined>;
  /**
   * queued → sent for the oldest command that may be sent to this charge point now: it has not expired, and the registration and its
   * firmware campaign allow it. The same message id again returns the row that it claimed before, because the database's answer to
   * the first try may have been lost.
   */
  claimNext(chargePoint: string, messageId: string, now: Date): Promise<Claimed | undefined>;
  /**
   * queued → connectionLost, with `error`, for commands with `whenOffline` "refuse" that were made before the `endedAt` of their charge
   * point: the connection ended before they were sent. Returns them.
   */
  loseUnsent(ended: readonly EndedConnection[], error: CommandError, now: Date): Promise<Command[]>;
  /** Ends a queued or sent command; undefined when it has ended already. */
  settle(id: string, settlement: Settlement): Promise<Command | undefined>;
  /** Stores an answer that was received after the command was settled; the state does not change. Returns the command. */
  noteLateAnswer(id: string, answer: unknown): Promise<Command | undefined>;
  /** Batched. */
  find(id: string): Promise<Command | undefined>;
  /** Newest first unless `order` says otherwise. Throws BadCursor. */
  list(filter: CommandFilter, page: Page, order?: Order): Promise<Listed<Command>>;
  /** queued → expired for commands past their expiry; returns them. */
  expireDue(now: Date): Promise<Command[]>;
  /** sent → unknown for commands of processes that have ended; returns how many. */
  loseAbandoned(now: Date): Promise<number>;
  /** queued → cancelled; undefined when it is no longer queued. */
  cancel(id: string, now: Date): Promise<Command | undefined>;
}

const endedConnections = recordset({ chargePoint: "text", endedAt: "timestamptz" }, "e");

/**
 * Builds the repository. Every change of state is one conditional update: of two processes only one succeeds. `process` is the
 * number of this process's lease (engine/node_lease.ts).
 */
export function commands(db: Kysely<Database>, process: number, outbox: OutboxSignal): Commands {
  const claim = batched((claims: readonly Claim[]) => claimEach(db, process, claims), {
    maxRows: 500,
    maxInFlight: 2,
    keyOf: ({ chargePoint }) => chargePoint,
  });
  const findRow = batched((ids: readonly string[]) => findEach(db, ids), { maxRows: 500, maxInFlight: 2 });
  return {
    async insert({ request, ...command }, limit = Number.MAX_SAFE_INTEGER) {
      const { id, chargePoint, action, createdAt, expiresAt, requestedBy, whenOffline } = command;
      const reservation = reservationOfCommand(action, request);
      const { rows } = await sql<CommandRow>`
        with inserted as (
          insert into commands
            (id, charge_point, action, request, state, created_at, expires_at, requested_by, when_offline)
          select ${id}::uuid, ${chargePoint}::text, ${action}::text, ${
        json(request)
      }, 'queued', ${createdAt}::timestamptz,
            ${expiresAt}::timestamptz, ${requestedBy}::text, ${whenOffline}::text
          where (select count(*) from commands where charge_point = ${chargePoint}::text and state = 'queued') < ${limit}::bigint
          returning *
        )${reservation}
        select * from inserted`.execute(db);
      if (action === "ReserveNow") outbox.raise();
      return rows[0] && commandOf(rows[0]);
    },

    claimNext: (chargePoint, messageId, now) => claim({ chargePoint, messageId, now }),

    async loseUnsent(ended, error, now) {
      const { rows } = await sql<CommandRow>`
        with ended as (
          select * from ${endedConnections.from(ended)}
        ), settled as (
          update commands c set state = 'connectionLost', error = ${json(error)}, settled_at = ${now}
          from ended e
          where c.charge_point = e.charge_point and c.state = 'queued' and c.when_offline = 'refuse'
            and c.created_at <= e.ended_at
          returning c.*
        ), event_rows as ${settledEvents(undefined, error)}
        select * from settled`.execute(db);
      if (rows.length > 0) outbox.raise();
      return rows.map(commandOf);
    },

    settle: signalling(outbox, async (id, { confirmation, error, latencyMs, onlyQueued, ...settlement }) => {
      const row = await db.with("settled", (c) =>
        c.updateTable("commands").set({
          ...settlement,
          latencyMs: latencyMs === undefined ? undefined : Math.round(latencyMs),
          confirmation: confirmation && json(confirmation as Record<string, unknown>),
          error: error && json(error),
        }).where("id", "=", id).where("state", "in", onlyQueued ? ["queued"] : ["queued", "sent"]).returningAll())
        .with("eventRows", () => settledEvents(confirmation, error)).selectFrom("settled").selectAll()
        .executeTakeFirst();
      return row && commandOf(row);
    }),

    async noteLateAnswer(id, answer) {
      const row = await db.updateTable("commands").set({ lateAnswer: json(answer ?? null) }).where("id", "=", id)
        .returningAll().executeTakeFirst();
      return row && commandOf(row);
    },

    async find(id) {
      if (!UUID.test(id)) return undefined;
      return await findRow(id.toLowerCase());
    },

    list: (where, page, order) =>
      listPage(
        db.selectFrom("commands").selectAll().select(broughtByCommand.as("triggered")),
        page,
        { by: { id: "uuid" }, order, where },
        commandOf,
      ),

    async expireDue(now) {
      const rows = await db.with("settled", (c) =>
        c.updateTable("commands").set({ state: "expired", settledAt: now })
          .where("state", "=", sql.lit("queued")).where("expiresAt", "<=", now).returningAll())
        .with("eventRows", () => settledEvents()).selectFrom("settled").selectAll().execute();
      if (rows.length > 0) outbox.raise();
      return rows.map(commandOf);
    },

    async loseAbandoned(now) {
      // A process has ended when its lease can be locked. The lock is released with the end of this statement.
      const { rows } = await sql`
        with senders as materialized (
          select distinct process from commands where state = 'sent' and process <> ${process}::bigint
        ), gone as materialized (
          select process from senders where pg_try_advisory_xact_lock(process)
        ), settled as (
          update commands set state = 'unknown', settled_at = ${now}
          where state = 'sent' and process in (select process from gone) returning *
        ), event_rows as ${settledEvents()}
        select id from settled`.execute(db);
      if (rows.length > 0) outbox.raise();
      return rows.length;
    },

    cancel: signalling(outbox, async (id, now) => {
      if (!UUID.test(id)) return undefined;
      const row = await db.with("settled", (c) =>
        c.updateTable("commands").set({ state: "cancelled", settledAt: now })
          .where("id", "=", id).where("state", "=", "queued").returningAll())
        .with("eventRows", () => settledEvents()).selectFrom("settled").selectAll().executeTakeFirst();
      return row && commandOf(row);
    }),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function findEach(db: Kysely<Database>, ids: readonly string[]): Promise<(Command | undefined)[]> {
  const rows = await db.selectFrom("commands").selectAll().select(broughtByCommand.as("triggered"))
    .where("id", "=", sql<string>`any(${texts(ids)}::uuid[])`).execute();
  const found = new Map(rows.map((row) => [row.id, commandOf(row)]));
  return ids.map((id) => found.get(id));
}
