/**
 * OCPP's transactions: how they are written is in transaction_starts.ts and transaction_stops.ts, how they are read is here. Only
 * `find` goes by the id alone; it is for operators. Whatever a charge point asks for carries its identity.
 */
import { type Kysely, type Selectable, sql } from "kysely";
import type { IdTagInfo } from "../ocpp/types/id_tag_info.ts";
import { type OutboxSignal, signalling } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { type Listed, type Order, type Page, pageOf, readCursor } from "./engine/list_page.ts";
import type { Database, TransactionsTable, TransactionStopsTable } from "./tables.ts";
import { type RecordedStart, recordStarts, type TransactionStart } from "./transaction_starts.ts";
import { type RecordedStop, recordStops, type StopOutcome, type TransactionStop } from "./transaction_stops.ts";
import { folded } from "./engine/values.ts";

export type { RecordedStart, RecordedStop, StopOutcome, TransactionStart, TransactionStop };

/** A transaction as known now. `energyWh` is meterStop - meterStart, null while it is not known and when the meter went
 * backwards: nobody is billed a negative amount. */
export interface Transaction {
  transactionId: number;
  chargePoint: string;
  connectorId: number;
  idTag: string;
  state: "active" | "ended";
  meterStart: number;
  meterStop: number | null;
  energyWh: number | null;
  reason: string | null;
  startedAt: Date;
  startReceivedAt: Date;
  stoppedAt: Date | null;
  stopReceivedAt: Date | null;
  stopIdTag: string | null;
  idTagInfo: IdTagInfo;
  reservationId: number | null;
  /** Odd but recorded: `conflictingStop`, `matchedByInference`, `abandoned`, and what the caller gave. */
  flags: string[];
}

/** A StopTransaction as it came, whatever became of it. */
export interface StopFact {
  id: number;
  chargePoint: string;
  reportedTransactionId: number;
  transactionId: number | null;
  outcome: Exclude<StopOutcome, "repeated">;
  idTag: string | null;
  meterStop: number;
  stoppedAt: Date;
  receivedAt: Date;
  reason: string | null;
  flags: string[];
}

/** Narrows `list`. `from` is included, `to` is not; both mean the start in the charge point's time. */
export interface TransactionFilter {
  chargePoint?: string;
  connectorId?: number;
  idTag?: string;
  state?: "active" | "ended";
  from?: Date;
  to?: Date;
}

/** Narrows `listStops`. */
export interface StopFilter {
  chargePoint?: string;
  outcome?: StopFact["outcome"];
}

/** Transactions and the facts about their ends. */
export interface Transactions {
  /** Gathered. Never refuses for content; commits before it resolves. */
  recordStart(start: TransactionStart): Promise<RecordedStart>;
  /** Gathered. Touches only transactions of the same charge point. */
  recordStop(stop: TransactionStop): Promise<RecordedStop>;
  find(transactionId: number): Promise<Transaction | undefined>;
  /** By id, newest first unless `order` says otherwise. Throws BadCursor. */
  list(filter: TransactionFilter, page: Page, order?: Order): Promise<Listed<Transaction>>;
  /** Of one charge point, oldest first, at most 1000. */
  findOpen(chargePoint: string): Promise<Transaction[]>;
  /** The stop facts, orphans and conflicts included; newest first unless `order` says otherwise. Throws BadCursor. */
  listStops(filter: StopFilter, page: Page, order?: Order): Promise<Listed<StopFact>>;
}

const LARGEST_ID = 2 ** 31 - 1;
const MOST_OPEN = 1000;

/** Builds the repository. */
export function transactions(db: Kysely<Database>, outbox: OutboxSignal): Transactions {
  // One batch at a time: what a batch decides about concurrent transactions must see the batch before it.
  const oneByOne = { maxRows: 500, maxInFlight: 1, keyOf: (row: { chargePoint: string }) => row.chargePoint };
  return {
    recordStart: batched(
      signalling(outbox, (starts: readonly TransactionStart[]) => recordStarts(db, starts)),
      oneByOne,
    ),
    recordStop: batched(signalling(outbox, (stops: readonly TransactionStop[]) => recordStops(db, stops)), oneByOne),

    async find(transactionId) {
      if (!Number.isInteger(transactionId) || transactionId < 1 || transactionId > LARGEST_ID) return undefined;
      const row = await db.selectFrom("transactions").selectAll()
        .where("transactionId", "=", transactionId).executeTakeFirst();
      return row && transactionOf(row);
    },

    list: (filter, page, order) => list(db, filter, page, order),

    async findOpen(chargePoint) {
      const rows = await db.selectFrom("transactions").selectAll().where("chargePoint", "=", chargePoint)
        .where("state", "=", sql.lit("active")).orderBy("transactionId").limit(MOST_OPEN).execute();
      return rows.map(transactionOf);
    },

    async listStops(filter, page, order = "newest") {
      const after = readCursor(page, ["number"]);
      let query = db.selectFrom("transactionStops").selectAll()
        .orderBy("id", order === "newest" ? "desc" : "asc").limit(page.limit + 1);
      if (filter.chargePoint !== undefined) query = query.where("chargePoint", "=", filter.chargePoint);
      if (filter.outcome !== undefined) query = query.where("outcome", "=", filter.outcome);
      if (after) query = query.where("id", order === "newest" ? "<" : ">", after[0]);
      return pageOf(await query.execute(), page, (row) => [row.id], stopFactOf);
    },
  };
}

async function list(
  db: Kysely<Database>,
  filter: TransactionFilter,
  page: Page,
  order: Order = "newest",
): Promise<Listed<Transaction>> {
  const after = readCursor(page, ["number"]);
  const [direction, beyond] = order === "newest" ? ["desc", sql`<`] as const : ["asc", sql`>`] as const;
  let query = db.selectFrom("transactions").selectAll().orderBy("transactionId", direction).limit(page.limit + 1);
  if (filter.chargePoint !== undefined) query = query.where("chargePoint", "=", filter.chargePoint);
  if (filter.connectorId !== undefined) query = query.where("connectorId", "=", filter.connectorId);
  if (filter.idTag !== undefined) query = query.where("foldedIdTag", "=", folded(filter.idTag));
  if (filter.state !== undefined) query = query.where("state", "=", filter.state);
  if (filter.from !== undefined) query = query.where("startedAt", ">=", filter.from);
  if (filter.to !== undefined) query = query.where("startedAt", "<", filter.to);
  if (after) query = query.where(sql<boolean>`transaction_id ${beyond} ${after[0]}::bigint`);
  return pageOf(await query.execute(), page, (row) => [row.transactionId], transactionOf);
}

function transactionOf({ foldedIdTag: _, ...row }: Selectable<TransactionsTable>): Transaction {
  return {
    ...row,
    energyWh: row.meterStop === null || row.meterStop < row.meterStart ? null : row.meterStop - row.meterStart,
    idTagInfo: row.idTagInfo as unknown as IdTagInfo,
  };
}

function stopFactOf({ foldedIdTag: _, ...row }: Selectable<TransactionStopsTable>): StopFact {
  return row;
}
