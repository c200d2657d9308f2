/**
 * The contract between an actor and the runtime: the reference with which other code sends it mail (`Ref`), the interface that it implements (`Actor`),
 * and the interface that it gets from the runtime (`Context`).
 */
import type { Clock } from "./clock.ts";

/** Answers an `ask`. Only the first call counts. */
export type Reply<T> = (value: T) => void;

/** Why an actor ended: `stop` was called, it failed, or the system shuts down. */
export type StopReason = "asked" | "failed" | "shutdown";

/** A reference to an actor, for sending mail. It gives no access to the actor's state. */
export interface Ref<Mail> {
  readonly name: string;
  /**
   * Puts mail into the mailbox. Returns false, and drops the mail, if the mailbox is full or the actor has ended. If mail with the same key is
   * already waiting, the new mail is dropped, and the result is true.
   */
  tell(mail: Mail, key?: string): boolean;
  /** Sends mail that carries a reply; rejects with AskTimeout when none comes in time, and when the actor ends. */
  ask<T>(mail: (reply: Reply<T>) => Mail, timeoutMs: number): Promise<T>;
  /**
   * Ends the actor after the mail it is working on; waiting mail is dropped. Resolves when `stopped` has run, so an actor that
   * stops itself must not await it.
   */
  stop(reason?: "asked" | "shutdown"): Promise<void>;
}

/** An actor. The runtime never calls `receive` before the previous call has ended. */
export interface Actor<Mail> {
  receive(mail: Mail): void | Promise<void>;
  stopped?(reason: StopReason): void | Promise<void>;
}

/** The runtime's interface for one actor, passed to `create`. */
export interface Context<Mail> {
  readonly self: Ref<Mail>;
  readonly clock: Clock;
  /**
   * Sends mail to the actor itself after `ms`, even if the mailbox is full. The timer is cancelled when the actor ends or restarts. Of several timers with
   * the same key only the earliest runs. Returns a function that cancels it.
   */
  after(ms: number, mail: Mail, key?: string): () => void;
  /** Sends mail repeatedly, the first time after `firstMs`. The interval starts when the actor has received the previous one, so mail never piles up. */
  every(ms: number, mail: Mail, firstMs?: number): void;
  /** Sends the outcome of a promise to the actor itself as mail, for work that may take long. */
  pipe<T>(work: Promise<T>, done: (value: T) => Mail, failed: (error: unknown) => Mail): void;
  /**
   * Delivers signals into the mailbox until the actor ends or is restarted. `pick` turns a signal into mail; undefined: the signal is ignored. `pick` runs
   * at the publisher, so it may use only the signal. Mail with the same `key` is delivered once while it waits.
   */
  subscribe<Signal>(
    source: Source<Signal>,
    pick: (signal: Signal) => Mail | undefined,
    options?: { readonly key?: (mail: Mail) => string | undefined },
  ): void;
}

/** A publisher of signals. `listen` returns a function that unsubscribes. */
export interface Source<Signal> {
  listen(listener: (signal: Signal) => void): () => void;
}

/** How an actor is run. */
export interface SpawnOptions {
  /** The number of mails that may wait, without timers and piped work. */
  readonly mailboxLimit?: number;
  /** Restarts of a permanent actor per minute; with one failure more it is given up. Absent: the actor is temporary. */
  readonly restartsPerMinute?: number;
  /** The actor still receives waiting mail when the system shuts down. Absent: the mail is dropped, as after `stop`. */
  readonly drains?: boolean;
  /** Another actor starts this one again after it was given up, so the process does not end because of it. */
  readonly isSupervised?: boolean;
}

/** The options of most shared actors. */
export const PERMANENT: SpawnOptions = { restartsPerMinute: 60 };

/** An `ask` that was not answered in time. */
export class AskTimeout extends Error {
  constructor(name: string, timeoutMs: number) {
    super(`${name} did not answer within ${timeoutMs} ms`);
    this.name = "AskTimeout";
  }
}
