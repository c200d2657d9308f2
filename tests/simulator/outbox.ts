/**
 * The outbox of transaction messages (OCPP 1.6 §3.7): StartTransaction, MeterValues and StopTransaction leave in the order
 * in which they happened, one at a time, and stay until they were confirmed. A CALLERROR or silence is followed by another
 * attempt with a new message id after interval × attempts (§3.7.1); a lost connection costs no attempt. The transactionId
 * is filled in when a message leaves, because most were written before it was known.
 */
import type { SimulatorClock } from "./clock.ts";
import { CallRefused, CallTimedOut, type Payload } from "./frames.ts";
import type { Ledger } from "./ledger.ts";
import { type KnownTransaction, OutboxFile, type Queued, type TransactionAction } from "./outbox_file.ts";

/** What R 3.18 prescribes where the Central System's transactionId never arrived. */
const UNKNOWN_TRANSACTION_ID = -1;

/** How long messages are retried: the keys TransactionMessageAttempts and TransactionMessageRetryInterval. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly intervalSeconds: number;
}

/** What an outbox needs from its charge point. */
export interface OutboxOptions {
  readonly identity: string;
  readonly clock: SimulatorClock;
  /** File to keep the messages in; without it they live in memory only. */
  readonly path?: string;
  readonly ledger?: Ledger;
  readonly policy: () => RetryPolicy;
  /** Connected and accepted. */
  readonly ready: () => boolean;
  readonly send: (action: string, payload: Payload, sending: (messageId: string) => void) => Promise<Payload>;
  /** A message was confirmed, or given up (`confirmation` undefined). */
  readonly settled: (message: Queued, confirmation: Payload | undefined) => void;
  readonly log: (line: string) => void;
}

/** Messages on their way. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #file: OutboxFile;
  #attempts = 0;
  #busy = false;
  #cancelWait: (() => void) | undefined;
  #closed = false;
  #drained: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#file = new OutboxFile(options.path);
  }

  /** How many messages are not yet confirmed. */
  get pending(): number {
    return this.#file.queue.length;
  }

  /** Transactions without a StopTransaction in the outbox: after a kill these are the ones that the power failure ended. */
  openTransactions(): KnownTransaction[] {
    return [...this.#file.transactions.values()].filter((transaction) => !transaction.stopped);
  }

  /** The Central System's id of a transaction of ours; undefined while its start is not confirmed. */
  transactionIdOf(transaction: string): number | undefined {
    return this.#file.transactions.get(transaction)?.transactionId;
  }

  /** Keeps a message (on the disk when there is a file) and sends it as soon as it is its turn. */
  add(action: TransactionAction, transaction: string, payload: Payload): void {
    this.#file.add(action, transaction, payload);
    this.kick();
  }

  /** Sends the next message if that is possible now. To be called when `ready` may have become true. */
  kick(): void {
    const message = this.#file.queue[0];
    if (!message) return this.#tellDrained();
    if (this.#busy || this.#cancelWait || this.#closed || !this.#options.ready()) return;
    this.#busy = true;
    this.#deliver(message).finally(() => {
      this.#busy = false;
      this.kick();
    });
  }

  /** The connection is gone: the attempt that waits for its time is made at once after the next connection instead. */
  pause(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  /** Resolves when every message is confirmed or given up. */
  drained(): Promise<void> {
    return this.pending === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  close(): void {
    this.#closed = true;
    this.pause();
    this.#file.close();
    this.#drained = [];
  }

  async #deliver(message: Queued): Promise<void> {
    const { identity, clock, ledger, send } = this.#options;
    const { action } = message;
    const key = `${identity}/${message.transaction}/${message.number}`;
    const payload = this.#payloadOf(message);
    try {
      const confirmation = await send(action, payload, (messageId) => {
        ledger?.write(identity, clock.now(), { event: "sent", key, action, messageId, payload });
      });
      if (this.#closed) return;
      ledger?.write(identity, clock.now(), { event: "acknowledged", key, action, confirmation });
      this.#finish(message, confirmation);
    } catch (error) {
      if (this.#closed) return;
      ledger?.write(identity, clock.now(), { event: "failed", key, action, why: (error as Error).message });
      if (error instanceof CallRefused || error instanceof CallTimedOut) this.#retryLater(message, key, error);
    }
  }

  #payloadOf(message: Queued): Payload {
    if (message.action === "StartTransaction") return message.payload;
    return { ...message.payload, transactionId: this.transactionIdOf(message.transaction) ?? UNKNOWN_TRANSACTION_ID };
  }

  #finish(message: Queued, confirmation: Payload | undefined): void {
    this.#attempts = 0;
    const transactionId = confirmation?.transactionId;
    this.#file.settle(message, typeof transactionId === "number" ? transactionId : undefined);
    this.#options.settled(message, confirmation);
  }

  #retryLater(message: Queued, key: string, error: Error): void {
    const { identity, clock, ledger, log, policy } = this.#options;
    const { attempts, intervalSeconds } = policy();
    this.#attempts++;
    if (this.#attempts >= attempts) {
      log(`gives ${message.action} up after ${this.#attempts} attempts: ${error.message}`);
      ledger?.write(identity, clock.now(), { event: "dropped", key, action: message.action });
      return this.#finish(message, undefined);
    }
    const seconds = intervalSeconds * this.#attempts;
    log(`${error.message}; sends it again in ${seconds} s`);
    this.#cancelWait = clock.after(seconds * 1000, () => {
      this.#cancelWait = undefined;
      this.kick();
    });
  }

  #tellDrained(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
