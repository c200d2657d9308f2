/**
 * Reservations, by charge point and reservationId. This file reads and expires them. New commands, statuses and starts change them in their
 * own statements (reservation_parts.ts), the ends of commands in reservation_changes.ts.
 */
import { type Kysely, sql } from "kysely";
import type { CancelVerdict, ReserveVerdict } from "../../ocpp/reservation/reservation_rules.ts";
import { type Command, commandOf, type CommandRow } from "../command_row.ts";
import type { OutboxSignal } from "../event_outbox.ts";
import { type Listed, listPage, type Order, type Page } from "../engine/list_page.ts";
import type { Database, Row as RowOf } from "../tables.ts";
import { folded, texts, without } from "../engine/values.ts";
import { matchUnnamedStarts } from "./unnamed_starts.ts";
import { cancelEnded, changed, type ReservationCommand, reserveEnded } from "./reservation_changes.ts";
import { reservationEvents } from "./reservation_parts.ts";

type Row = RowOf<"reservations">;

/** Columns that only the statements need. */
const INNER = [
  "foldedIdTag",
  "foldedParentIdTag",
  "answered",
  "reserveCommandId",
  "commandId",
  "settledCommandId",
] as const;

/** A reservation with its last command. */
export interface Reservation extends Omit<Row, (typeof INNER)[number]> {
  /** The last ReserveNow or CancelReservation. */
  command: Command | null;
}

/** The main fields of a requested or active reservation. */
export type OpenReservation = Pick<
  Reservation,
  "reservationId" | "chargePoint" | "connectorId" | "idTag" | "expiryDate" | "state"
>;

/** The filter of `list`. */
export type ReservationFilter = Partial<Pick<Reservation, "chargePoint" | "connectorId" | "idTag" | "state">>;

/** What the actor of reservations needs to plan its next work. */
export interface OpenSummary {
  /** When the next reservation expires; null when none is open. */
  nextExpiry: Date | null;
  /** The charge points with an active reservation. */
  chargePoints: string[];
}

/** The reservations of all charge points. */
export interface Reservations {
  /** A new reservationId: a positive 32-bit number that no reservation has. */
  nextId(): Promise<number>;
  /** At all charge points, or at one. There are several only when operators chose the same id themselves. */
  find(reservationId: number, chargePoint?: string): Promise<Reservation[]>;
  /** Ordered by the last ReserveNow, newest first unless `order` says otherwise. Throws BadCursor. */
  list(filter: ReservationFilter, page: Page, order?: Order): Promise<Listed<Reservation>>;
  /** The requested and active reservations of a charge point, newest first, at most 1000. */
  listOpen(chargePoint: string): Promise<Reservation[]>;
  /** The requested and active reservations of many charge points in one query. Charge points without any are missing in the result. */
  listOpenAmong(chargePoints: readonly string[]): Promise<Map<string, OpenReservation[]>>;
  /** Applies the end of a ReserveNow. */
  reserveEnded(command: ReservationCommand, verdict: ReserveVerdict, now: Date): Promise<void>;
  /** Applies the end of a CancelReservation. */
  cancelEnded(command: ReservationCommand, verdict: CancelVerdict, now: Date): Promise<void>;
  /** Ends reservations past their expiryDate; returns how many. */
  expireDue(now: Date): Promise<number>;
  /** Ends active reservations that a transaction fits which names no reservation; returns how many. */
  matchUnnamedStarts(): Promise<number>;
  /** Commands that have ended, or were answered late, and whose end was not applied to their reservation. A bounded number. */
  listUnsettled(): Promise<Command[]>;
  openSummary(): Promise<OpenSummary>;
}

/** The number of ids that are tried before `nextId` fails. */
const ATTEMPTS = 1000;
const MOST_OPEN = 1000;
const UNSETTLED_AT_ONCE = 200;

/** Builds the repository. */
export function reservations(db: Kysely<Database>, outbox: OutboxSignal): Reservations {
  return {
    async nextId() {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { rows } = await sql<{ id: number; taken: boolean }>`
          select id, exists (select from reservations where reservation_id = id) as taken
          from (select nextval('reservation_ids') as id) as given`.execute(db);
        if (!rows[0]!.taken) return rows[0]!.id;
      }
      throw new Error(`Cannot choose a reservationId: ${ATTEMPTS} numbers in a row are in use`);
    },

    async find(reservationId, chargePoint) {
      let query = shown(db).where("reservationId", "=", reservationId).limit(2);
      if (chargePoint !== undefined) query = query.where("chargePoint", "=", chargePoint);
      return withCommands(db, await query.execute());
    },

    async list({ idTag, ...filter }, page, order) {
      const where = { ...filter, foldedIdTag: idTag === undefined ? undefined : folded(idTag) };
      const { items, next } = await listPage(shown(db), page, { by: { reserveCommandId: "uuid" }, order, where });
      return { items: await withCommands(db, items), next };
    },

    async listOpen(chargePoint) {
      const rows = await shown(db).where("chargePoint", "=", chargePoint).where(isOpen)
        .orderBy("reserveCommandId", "desc").limit(MOST_OPEN).execute();
      return withCommands(db, rows);
    },

    async listOpenAmong(chargePoints) {
      const rows = await db.selectFrom("reservations")
        .select(["reservationId", "chargePoint", "connectorId", "idTag", "expiryDate", "state"])
        .where(sql<boolean>`charge_point = any(${texts(chargePoints)})`).where(isOpen)
        .orderBy("reserveCommandId", "desc").execute();
      return Map.groupBy(rows, (row) => row.chargePoint);
    },

    reserveEnded: (command, verdict, now) => changed(db, outbox, reserveEnded(command, verdict, now)).then(() => {}),
    cancelEnded: (command, verdict, now) => changed(db, outbox, cancelEnded(command, verdict, now)).then(() => {}),

    expireDue: (now) =>
      changed(db, outbox, {
        set: sql`state = 'expired', doubt = null, ended_at = ${now}::timestamptz`,
        where: sql`r.state in ('requested', 'active') and r.expiry_date <= ${now}::timestamptz`,
        eventRows: reservationEvents("reservation.expired", "changed", "ended_at"),
      }),

    matchUnnamedStarts: () => matchUnnamedStarts(db).finally(outbox.raise),

    async listUnsettled() {
      const { rows } = await sql<CommandRow>`
        select c.* from reservations r join commands c on c.id in (r.command_id, r.reserve_command_id)
        where r.state in ('requested', 'active') and c.state not in ('queued', 'sent') and (
          c.id = r.reserve_command_id and not r.answered
          or c.id = r.command_id and r.settled_command_id is distinct from c.id
          or c.id = r.command_id and r.doubt is not null and c.late_answer is not null)
        order by c.id limit ${sql.lit(UNSETTLED_AT_ONCE)}`.execute(db);
      return rows.map(commandOf);
    },

    async openSummary() {
      const { rows } = await sql<{ chargePoint: string; nextExpiry: Date; anyActive: boolean }>`
        select charge_point, min(expiry_date) as next_expiry, bool_or(state = 'active') as any_active
        from reservations where state in ('requested', 'active') group by charge_point`.execute(db);
      const times = rows.map(({ nextExpiry }) => nextExpiry.getTime());
      return {
        nextExpiry: times.length === 0 ? null : new Date(Math.min(...times)),
        chargePoints: rows.filter(({ anyActive }) => anyActive).map(({ chargePoint }) => chargePoint),
      };
    },
  };
}

const isOpen = sql<boolean>`state in ('requested', 'active')`;

/** Whether the connector has become Available although its reservation is active: this puts it in doubt (OCPP 1.6 4.9). */
const isFree = sql<boolean>`exists (select from connectors k where k.charge_point = reservations.charge_point
  and k.connector_id = reservations.connector_id and k.connector_id <> 0 and k.status = 'Available'
  and reservations.state = 'active' and k.received_at > reservations.active_at)`;

function shown(db: Kysely<Database>) {
  return db.selectFrom("reservations").selectAll().select(isFree.as("isFree"));
}

async function withCommands(
  db: Kysely<Database>,
  rows: readonly (Row & { isFree: boolean })[],
): Promise<Reservation[]> {
  if (rows.length === 0) return [];
  const found = await db.selectFrom("commands").selectAll().where("id", "in", rows.map((row) => row.commandId))
    .execute();
  const commands = new Map(found.map((row) => [row.id, commandOf(row)]));
  return rows.map((row) => reservationOf(row, commands.get(row.commandId) ?? null));
}

function reservationOf({ isFree, ...row }: Row & { isFree: boolean }, command: Command | null): Reservation {
  return { ...without(row, ...INNER), doubt: row.doubt ?? (isFree ? "Available" : null), command };
}
