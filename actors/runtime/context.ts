/**
 * The contract between an actor and the runtime: its address for others (`Ref`), what it is (`Actor`), and what it gets at its birth (`Context`).
 */
import type { Clock } from "./clock.ts";

/** Answers an `ask`. Only the first call counts. */
export type Reply<T> = (value: T) => void;

/** Why an actor ended: it was asked to, its work failed, or the system shuts down. */
export type StopReason = "asked" | "failed" | "shutdown";

/** An actor's address: lets you send, never look inside. */
export interface Ref<Mail> {
  readonly name: string;
  /**
   * Puts mail into the mailbox. False: the mailbox is full or the actor has ended, and the mail is not taken. Mail whose key is that of mail
   * which already waits is not needed: the actor gets the older one only.
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

/** What an actor does. `receive` is never entered twice at once. */
export interface Actor<Mail> {
  receive(mail: Mail): void | Promise<void>;
  stopped?(reason: StopReason): void | Promise<void>;
}

/** What an actor gets at its birth. */
export interface Context<Mail> {
  readonly self: Ref<Mail>;
  readonly clock: Clock;
  /**
   * A timer is mail, too. It is taken even by a full mailbox, and is gone when the actor ends or is restarted. Of several timers with the same key
   * only the earliest runs.
   */
  after(ms: number, mail: Mail, key?: string): () => void;
  /** Sends mail again and again, the first time after `firstMs`. The time runs from the end of the work to the next mail, so that work never piles up. */
  every(ms: number, mail: Mail, firstMs?: number): void;
  /** Sends the outcome of work that may take long back to the actor as mail. */
  pipe<T>(work: Promise<T>, done: (value: T) => Mail, failed: (error: unknown) => Mail): void;
  /**
   * Delivers signals into the mailbox until the actor ends or is restarted. `pick` turns a signal into mail; undefined: it does not concern the actor. It
   * runs where the signal is told and uses nothing but the signal. Mail with the same `key` is delivered once as long as it waits.
   */
  subscribe<Signal>(
    source: Source<Signal>,
    pick: (signal: Signal) => Mail | undefined,
    options?: { readonly key?: (mail: Mail) => string | undefined },
  ): void;
}

/** Where signals come from. Returns the way to stop listening. */
export interface Source<Signal> {
  listen(listener: (signal: Signal) => void): () => void;
}

export interface SpawnOptions {
  /** Mail that may wait, timers and piped work not counted. */
  readonly mailboxLimit?: number;
  /** How often a permanent actor may be restarted within a minute before it is given up; absent: it is temporary. */
  readonly restartsPerMinute?: number;
  /** Mail that waits when the system shuts down is still taken. Absent: it is dropped, as it is when an actor is stopped alone. */
  readonly drains?: boolean;
  /** Another actor starts this one anew when it is given up, so that the process need not end. */
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
