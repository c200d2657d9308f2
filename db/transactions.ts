/**
 * OCPP's transactions: how they are written is in transaction_starts.ts and transaction_stops.ts, how they are read is here. Only
 * `find` goes by the id alone; it is for operators. Whatever a charge point asks for carries its identity.
 */
import { type Kysely, sql } from "kysely";
import { type OutboxSignal, signalling } from "./event_outbox.ts";
import { batched } from "./engine/batched.ts";
import { type Listed, listPage, type Order, type Page } from "./engine/list_page.ts";
import type { Database, Row } from "./tables.ts";
import { type RecordedStart, recordStarts, type TransactionStart } from "./transaction_starts.ts";
import { type RecordedStop, recordStops, type StopOutcome, type TransactionStop } from "./transaction_stops.ts";
import { folded, without } from "./engine/values.ts";

export type { RecordedStart, RecordedStop, StopOutcome, TransactionStart, TransactionStop };

/** A transaction as known now. `energyWh` is meterStop - meterStart, null while it is not known and when the meter went
 * backwards: nobody is billed a negative amount. */
export type Transaction = Omit<Row<"transactions">, "foldedIdTag"> & { energyWh: number | null };

/** A StopTransaction as it came, whatever became of it. */
export type StopFact = Omit<Row<"transactionStops">, "foldedIdTag">;

/** Narrows `list`. `from` is included, `to` is not; both mean the start in the charge point's time. */
export interface TransactionFilter
  extends Partial<Pick<Transaction, "chargePoint" | "connectorId" | "idTag" | "state">> {
  from?: Date;
  to?: Date;
}

/** Narrows `listStops`. */
export type StopFilter = Partial<Pick<StopFact, "chargePoint" | "outcome">>;

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

    list({ idTag, from, to, ...filter }, page, order) {
      const where = { ...filter, foldedIdTag: idTag === undefined ? undefined : folded(idTag) };
      const listing = { by: { transactionId: "number" }, order, where, within: { startedAt: { from, to } } } as const;
      return listPage(db.selectFrom("transactions").selectAll(), page, listing, transactionOf);
    },

    async findOpen(chargePoint) {
      const rows = await db.selectFrom("transactions").selectAll().where("chargePoint", "=", chargePoint)
        .where("state", "=", sql.lit("active")).orderBy("transactionId").limit(MOST_OPEN).execute();
      return rows.map(transactionOf);
    },

    listStops: (where, page, order) =>
      listPage(db.selectFrom("transactionStops").selectAll(), page, { by: { id: "number" }, order, where }, stopFactOf),
  };
}

function transactionOf(row: Row<"transactions">): Transaction {
  return {
    ...without(row, "foldedIdTag"),
    energyWh: row.meterStop === null || row.meterStop < row.meterStart ? null : row.meterStop - row.meterStart,
  };
}

function stopFactOf(row: Row<"transactionStops">): StopFact {
  return without(row, "foldedIdTag");
}
