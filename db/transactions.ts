/**
 * OCPP's transactions. This file reads them; transaction_starts.ts and transaction_stops.ts write them. `find` takes the id alone and is
 * for operators. Everything that a charge point causes is limited to its identity.
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

/** A transaction with its energy. `energyWh` is meterStop - meterStart; null when it is not known, and when it would be negative. */
export type Transaction = Omit<Row<"transactions">, "foldedIdTag"> & { energyWh: number | null };

/** A StopTransaction as it was received, with its outcome. */
export type StopRecord = Omit<Row<"transactionStops">, "foldedIdTag">;

/** The filter of `list`. `from` (included) and `to` (excluded) are compared with the start in the charge point's time. */
export interface TransactionFilter
  extends Partial<Pick<Transaction, "chargePoint" | "connectorId" | "idTag" | "state">> {
  from?: Date;
  to?: Date;
}

/** The filter of `listStops`. */
export type StopFilter = Partial<Pick<StopRecord, "chargePoint" | "outcome">>;

/** Transactions and all received StopTransactions. */
export interface Transactions {
  /** Batched. Never refuses a start because of its content; commits before it resolves. */
  recordStart(start: TransactionStart): Promise<RecordedStart>;
  /** Batched. Changes only transactions of the same charge point. */
  recordStop(stop: TransactionStop): Promise<RecordedStop>;
  find(transactionId: number): Promise<Transaction | undefined>;
  /** By id, newest first unless `order` says otherwise. Throws BadCursor. */
  list(filter: TransactionFilter, page: Page, order?: Order): Promise<Listed<Transaction>>;
  /** The active transactions of a charge point, oldest first, at most 1000. */
  findOpen(chargePoint: string): Promise<Transaction[]>;
  /** All stops, orphans and conflicts included; newest first unless `order` says otherwise. Throws BadCursor. */
  listStops(filter: StopFilter, page: Page, order?: Order): Promise<Listed<StopRecord>>;
}

const LARGEST_ID = 2 ** 31 - 1;
const MOST_OPEN = 1000;

/** Builds the repository. */
export function transactions(db: Kysely<Database>, outbox: OutboxSignal): Transactions {
  // One batch at a time: the decision about concurrent transactions must see the batch before.
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
      listPage(
        db.selectFrom("transactionStops").selectAll(),
        page,
        { by: { id: "number" }, order, where },
        stopRecordOf,
      ),
  };
}

function transactionOf(row: Row<"transactions">): Transaction {
  return {
    ...without(row, "foldedIdTag"),
    energyWh: row.meterStop === null || row.meterStop < row.meterStart ? null : row.meterStop - row.meterStart,
  };
}

function stopRecordOf(row: Row<"transactionStops">): StopRecord {
  return without(row, "foldedIdTag");
}
