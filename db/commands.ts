/**
 * Operators' commands, each a row before it is sent. Their states only move forward: an update names the states that it
 * may start from, and whoever comes second changes nothing.
 */
import { type Kysely, sql } from "kysely";
import { type Claim, claimEach, type Claimed } from "./command_claims.ts";
import { type Command, commandOf, type CommandRow, type Settlement, told } from "./command_row.ts";
import { type OutboxSignal, signalling } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { type Listed, listPage, type Order, type Page } from "./engine/list_page.ts";
import { recordset } from "./engine/recordset.ts";
import { broughtByCommand } from "./remote_trigger/triggered_parts.ts";
import { reservationOfCommand } from "./reservation/reservation_facts.ts";
import type { CommandError, Database } from "./tables.ts";
import { json, texts } from "./engine/values.ts";

export type { Claimed } from "./command_claims.ts";
export type { Command, Settlement } from "./command_row.ts";
export type { CommandError } from "./tables.ts";

/** A command about to be queued. */
export type NewCommand =
  & Pick<Command, "id" | "chargePoint" | "action" | "createdAt" | "expiresAt" | "requestedBy" | "whenOffline">
  & { request: object };

/** Narrows `list`. */
export type CommandFilter = Partial<Pick<Command, "chargePoint" | "action" | "state">>;

/** A charge point whose connection is gone. */
export interface EndedConnection {
  readonly chargePoint: string;
  readonly endedAt: Date;
}

/** Commands by id and by charge point. */
export interface Commands {
  /** Undefined, and nothing written, when `limit` commands wait for the charge point already. */
  insert(command: NewCommand, limit?: number): Promise<Command | undefined>;
  /**
   * queued → sent for the oldest command that may go to this charge point now: not expired, and allowed by its registration and by the
   * campaign that it may be of. The row is the queue, so that nothing in memory has to agree with it. The same message id again finds the
   * row that it claimed before, because the answer to the first try may have been lost.
   */
  claimNext(chargePoint: string, messageId: string, now: Date): Promise<Claimed | undefined>;
  /**
   * Connections ended before they were sent: queued commands that must not be done late, made before the `endedAt` of their charge
   * point, become `connectionLost` with `error`. Returns them.
   */
  loseUnsent(ended: readonly EndedConnection[], error: CommandError, now: Date): Promise<Command[]>;
  /** From queued or sent only; undefined when it was settled before. */
  settle(id: string, settlement: Settlement): Promise<Command | undefined>;
  /** Keeps an answer that came after the command was settled; the state stays. Returns the command. */
  noteLateAnswer(id: string, answer: unknown): Promise<Command | undefined>;
  /** Gathered. */
  find(id: string): Promise<Command | undefined>;
  /** Newest first unless `order` says otherwise. Throws BadCursor. */
  list(filter: CommandFilter, page: Page, order?: Order): Promise<Listed<Command>>;
  /** Queued commands past their expiry become `expired`; returns them. */
  expireDue(now: Date): Promise<Command[]>;
  /** Sent commands whose process is gone become `unknown`; returns how many. */
  loseAbandoned(now: Date): Promise<number>;
  /** queued → cancelled; undefined when it is no longer queued. */
  cancel(id: string, now: Date): Promise<Command | undefined>;
}

const endedConnections = recordset({ chargePoint: "text", endedAt: "timestamptz" }, "e");

/**
 * Builds the repository. Every change of state is one conditional update, so that of two processes only one succeeds. `process` is
 * the number under which other processes know this one.
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
        ), told as ${told(undefined, error)}
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
        .with("told", () => told(confirmation, error)).selectFrom("settled").selectAll().executeTakeFirst();
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
        .with("told", () => told()).selectFrom("settled").selectAll().execute();
      if (rows.length > 0) outbox.raise();
      return rows.map(commandOf);
    },

    async loseAbandoned(now) {
      // A process is gone when the lock of its presence can be had; it is let go again with this statement.
      const { rows } = await sql`
        with senders as materialized (
          select distinct process from commands where state = 'sent' and process <> ${process}::bigint
        ), gone as materialized (
          select process from senders where pg_try_advisory_xact_lock(process)
        ), settled as (
          update commands set state = 'unknown', settled_at = ${now}
          where state = 'sent' and process in (select process from gone) returning *
        ), told as ${told()}
        select id from settled`.execute(db);
      if (rows.length > 0) outbox.raise();
      return rows.length;
    },

    cancel: signalling(outbox, async (id, now) => {
      if (!UUID.test(id)) return undefined;
      const row = await db.with("settled", (c) =>
        c.updateTable("commands").set({ state: "cancelled", settledAt: now })
          .where("id", "=", id).where("state", "=", "queued").returningAll())
        .with("told", () => told()).selectFrom("settled").selectAll().executeTakeFirst();
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
