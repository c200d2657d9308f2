/**
 * The outbox of transaction messages (OCPP 1.6 §3.7): StartTransaction, MeterValues and StopTransaction are sent one at a time, in the order of the
 * events, and stay in the outbox until they are confirmed. After a CALLERROR or a time-out, a message is sent again with a new message id, after
 * interval × attempts (§3.7.1). A lost connection does not count as an attempt. The transactionId is added when a message is sent, because it may not
 * have been known before.
 */
import type { SimulatorClock } from "./clock.ts";
import { CallRefused, CallTimedOut, type Payload } from "./frames.ts";
import type { Ledger } from "./ledger.ts";
import { type KnownTransaction, OutboxFile, type Queued, type TransactionAction } from "./outbox_file.ts";

/** The transactionId that R 3.18 prescribes when StartTransaction was never confirmed. */
const UNKNOWN_TRANSACTION_ID = -1;

/** The values of TransactionMessageAttempts and TransactionMessageRetryInterval. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly intervalSeconds: number;
}

/** The settings of an outbox, and the functions of the charge point that it calls. */
export interface OutboxOptions {
  readonly identity: string;
  readonly clock: SimulatorClock;
  /** The file of the messages; without it they are in memory only. */
  readonly path?: string;
  readonly ledger?: Ledger;
  readonly policy: () => RetryPolicy;
  /** Returns true when the charge point is connected and accepted. */
  readonly ready: () => boolean;
  readonly send: (action: string, payload: Payload, sending: (messageId: string) => void) => Promise<Payload>;
  /** Called when a message was confirmed, or given up (`confirmation` is undefined). */
  readonly settled: (message: Queued, confirmation: Payload | undefined) => void;
  readonly log: (line: string) => void;
}

/** The outbox of one charge point. */
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

  /** The number of unconfirmed messages. */
  get pending(): number {
    return this.#file.queue.length;
  }

  /** The transactions without a StopTransaction: after a kill, these were interrupted. */
  openTransactions(): KnownTransaction[] {
    return [...this.#file.transactions.values()].filter((transaction) => !transaction.stopped);
  }

  /** The transactionId of a transaction; undefined until its start is confirmed. */
  transactionIdOf(transaction: string): number | undefined {
    return this.#file.transactions.get(transaction)?.transactionId;
  }

  /** Adds a message (saved first when there is a file); it is sent after the messages before it. */
  add(action: TransactionAction, transaction: string, payload: Payload): void {
    this.#file.add(action, transaction, payload);
    this.sendNext();
  }

  /** Sends the next message if that is possible now. The charge point calls it when `ready` may have become true. */
  sendNext(): void {
    const message = this.#file.queue[0];
    if (!message) return this.#notifyDrained();
    if (this.#busy || this.#cancelWait || this.#closed || !this.#options.ready()) return;
    this.#busy = true;
    this.#deliver(message).finally(() => {
      this.#busy = false;
      this.sendNext();
    });
  }

  /** The connection has ended: cancels the wait for the next attempt, which is made at once after the reconnection. */
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
      log(`${message.action} was given up after ${this.#attempts} attempts: ${error.message}`);
      ledger?.write(identity, clock.now(), { event: "dropped", key, action: message.action });
      return this.#finish(message, undefined);
    }
    const seconds = intervalSeconds * this.#attempts;
    log(`${error.message}; next attempt in ${seconds} s`);
    this.#cancelWait = clock.after(seconds * 1000, () => {
      this.#cancelWait = undefined;
      this.sendNext();
    });
  }

  #notifyDrained(): void {
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
