/**
 * The data of an outbox: the queue of messages, and their transactions. With a path, each change is written to a journal before it takes effect, so
 * that a kill loses nothing. The journal is compacted when it is opened, and when the queue is empty after many lines.
 */
import type { Payload } from "./frames.ts";
import { Journal, readJournal, replaceFile } from "./journal.ts";

/** The three transaction-related messages (OCPP 1.6 §3.7). */
export type TransactionAction = "StartTransaction" | "MeterValues" | "StopTransaction";

/** An unconfirmed message. `transaction` is the simulator's name for the transaction; `number` increases. */
export interface Queued {
  readonly number: number;
  readonly action: TransactionAction;
  readonly transaction: string;
  readonly payload: Payload;
}

/** A transaction with messages in the outbox, or without its StopTransaction. */
export interface KnownTransaction {
  readonly transaction: string;
  /** The StartTransaction request. */
  readonly start: Payload;
  transactionId?: number;
  stopped: boolean;
}

type Line =
  | { readonly add: Queued }
  | { readonly done: number; readonly transactionId?: number }
  | { readonly known: KnownTransaction };

/** The journal is not compacted before it has this many lines. */
const LINES_BEFORE_REWRITE = 500;

/** Queue and transactions, in memory and, with a path, on the disk. */
export class OutboxFile {
  readonly queue: Queued[] = [];
  readonly transactions = new Map<string, KnownTransaction>();
  readonly #path: string | undefined;
  #journal: Journal | undefined;
  #last = 0;
  #lines = 0;

  constructor(path?: string) {
    this.#path = path;
    if (!path) return;
    for (const line of readJournal(path) as Line[]) this.#apply(line);
    this.#rewrite();
  }

  /** Appends a message to the queue. */
  add(action: TransactionAction, transaction: string, payload: Payload): void {
    this.#record({ add: { number: this.#last + 1, action, transaction, payload } });
  }

  /** Removes a message from the queue, and stores the transactionId of its confirmation if it has one. */
  settle(message: Queued, transactionId: number | undefined): void {
    this.#record({ done: message.number, transactionId });
    if (this.queue.length === 0 && this.#lines > LINES_BEFORE_REWRITE) this.#rewrite();
  }

  close(): void {
    this.#journal?.close();
    this.#journal = undefined;
  }

  #record(line: Line): void {
    this.#journal?.append(line);
    this.#lines++;
    this.#apply(line);
  }

  #apply(line: Line): void {
    if ("known" in line) {
      this.transactions.set(line.known.transaction, line.known);
    } else if ("add" in line) {
      this.#last = Math.max(this.#last, line.add.number);
      this.queue.push(line.add);
      this.#addToTransaction(line.add);
    } else {
      this.#remove(line.done, line.transactionId);
    }
  }

  #addToTransaction({ action, transaction, payload }: Queued): void {
    if (action === "StartTransaction" && !this.transactions.has(transaction)) {
      this.transactions.set(transaction, { transaction, start: payload, stopped: false });
    }
    const known = this.transactions.get(transaction);
    if (known && action === "StopTransaction") known.stopped = true;
  }

  #remove(number: number, transactionId: number | undefined): void {
    const index = this.queue.findIndex((queued) => queued.number === number);
    const message = this.queue[index];
    if (!message) return;
    this.queue.splice(index, 1);
    const known = this.transactions.get(message.transaction);
    if (known && transactionId !== undefined) known.transactionId = transactionId;
    if (message.action === "StopTransaction") this.transactions.delete(message.transaction);
  }

  #rewrite(): void {
    if (!this.#path) return void (this.#lines = 0);
    this.#journal?.close();
    const lines: Line[] = [
      ...[...this.transactions.values()].map((known) => ({ known })),
      ...this.queue.map((add) => ({ add })),
    ];
    replaceFile(this.#path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
    this.#journal = new Journal(this.#path);
    this.#lines = lines.length;
  }
}
