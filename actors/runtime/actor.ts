/**
 * The actor runtime. An actor owns its state; the only way in is mail, taken one at a time. Awaiting inside `receive` stops the
 * actor's own mailbox, so only the store, which is bounded in time, is awaited there; whatever waits for a charge point, a person
 * or a clock comes back as mail (`after`, `pipe`). Every mailbox is bounded; a failure ends a temporary actor and restarts a permanent one.
 */
import type { Clock } from "./clock.ts";
import { Counts } from "./counts.ts";
import type { Log } from "./log.ts";

/** Answers an `ask`. Only the first call counts. */
export type Reply<T> = (value: T) => void;

/** Why an actor ended: it was asked to, its work failed, or the system shuts down. */
export type StopReason = "asked" | "failed" | "shutdown";

/** An actor's address: lets you send, never look inside. */
export interface Ref<Mail> {
  readonly name: string;
  /** Puts mail into the mailbox. False: the mailbox is full or the actor has ended, and the mail is not taken. */
  tell(mail: Mail): boolean;
  /** Sends mail that carries a reply; rejects with AskTimeout when none comes in time. */
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
  /** A timer is mail, too. It is taken even by a full mailbox, and is gone when the actor ends. */
  after(ms: number, mail: Mail): () => void;
  /** Sends the outcome of work that may take long back to the actor as mail. */
  pipe<T>(work: Promise<T>, done: (value: T) => Mail, failed: (error: unknown) => Mail): void;
}

export interface SpawnOptions {
  /** Mail that may wait, timers and piped work not counted. */
  readonly mailboxLimit?: number;
  /** How often a permanent actor may be restarted within a minute before it is given up; absent: it is temporary. */
  readonly restartsPerMinute?: number;
  /** Another actor starts this one anew when it is given up, so that the process need not end. */
  readonly isSupervised?: boolean;
}

/** An `ask` that nobody answered in time. */
export class AskTimeout extends Error {
  constructor(name: string, timeoutMs: number) {
    super(`${name} did not answer within ${timeoutMs} ms`);
    this.name = "AskTimeout";
  }
}

const DEFAULT_MAILBOX_LIMIT = 1000;

/** All actors of a process: gives birth to them, knows when nothing is left to do, and ends them in reverse order. */
export class ActorSystem {
  readonly counts = new Counts();
  readonly #cells = new Set<Cell<never>>();
  readonly #whenQuiet: (() => void)[] = [];
  readonly #givenUp = Promise.withResolvers<string>();
  readonly #givenUpNames: string[] = [];
  #busy = 0;

  constructor(readonly clock: Clock, readonly log: Log) {}

  /** Names of the permanent actors that failed too often. Their work is not done until the process starts anew. */
  get givenUp(): readonly string[] {
    return this.#givenUpNames;
  }

  /** Resolves with the name of the first permanent actor that is given up. */
  get whenGivenUp(): Promise<string> {
    return this.#givenUp.promise;
  }

  /** Starts an actor. `create` runs at once, and again for each restart: an actor reloads its state there or by its first mail. */
  spawn<Mail>(name: string, create: (context: Context<Mail>) => Actor<Mail>, options: SpawnOptions = {}): Ref<Mail> {
    const cell = new Cell<Mail>(name, create, options, this);
    this.#cells.add(cell as unknown as Cell<never>);
    cell.ended.then(() => this.#cells.delete(cell as unknown as Cell<never>));
    return cell;
  }

  /** Resolves when no mail waits, none is worked on and no piped work is open. Timers do not count. For tests. */
  quiet(): Promise<void> {
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenQuiet.push(resolve));
  }

  /** Ends every actor, the youngest first. */
  async shutdown(): Promise<void> {
    for (const cell of [...this.#cells].reverse()) await cell.end("shutdown");
  }

  /** Called by the actors: work has begun, or is done. */
  work(change: 1 | -1): void {
    this.#busy += change;
    if (this.#busy === 0) { for (const resolve of this.#whenQuiet.splice(0)) resolve(); }
  }

  /** Called by a permanent actor that failed too often. */
  giveUp(name: string): void {
    this.#givenUpNames.push(name);
    this.#givenUp.resolve(name);
  }
}

/** One actor with its mailbox and timers: its address for others, its context for itself. */
class Cell<Mail> implements Ref<Mail>, Context<Mail> {
  readonly ended: Promise<void>;
  readonly #mailbox: Mail[] = [];
  readonly #timers = new Set<() => void>();
  readonly #restarts: number[] = [];
  #actor: Actor<Mail>;
  #ended!: () => void;
  #stopping: StopReason | null = null;
  #over = false;
  #running = false;

  constructor(
    readonly name: string,
    readonly create: (context: Context<Mail>) => Actor<Mail>,
    readonly options: SpawnOptions,
    readonly system: ActorSystem,
  ) {
    this.ended = new Promise((resolve) => this.#ended = resolve);
    try {
      this.#actor = create(this);
    } catch (error) {
      this.#cancelTimers();
      throw error;
    }
  }

  get clock(): Clock {
    return this.system.clock;
  }

  get self(): Ref<Mail> {
    return this;
  }

  tell(mail: Mail): boolean {
    if (this.#mailbox.length < (this.options.mailboxLimit ?? DEFAULT_MAILBOX_LIMIT)) return this.#put(mail);
    this.system.counts.mailRefused.add(this.#kind);
    return false;
  }

  ask<T>(mail: (reply: Reply<T>) => Mail, timeoutMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const cancel = this.clock.after(timeoutMs, () => reject(new AskTimeout(this.name, timeoutMs)));
      const reply = (value: T) => {
        cancel();
        resolve(value);
      };
      if (!this.tell(mail(reply))) {
        cancel();
        reject(new Error(`${this.name} takes no mail: its mailbox is full or it has ended`));
      }
    });
  }

  stop(reason: "asked" | "shutdown" = "asked"): Promise<void> {
    return this.end(reason);
  }

  end(reason: StopReason): Promise<void> {
    this.#stopping ??= reason;
    this.#cancelTimers();
    this.#run();
    return this.ended;
  }

  /** A temporary actor's name says whose it is, which no label may. */
  get #kind(): string {
    return this.#isPermanent ? this.name : "connection";
  }

  get #isPermanent(): boolean {
    return this.options.restartsPerMinute !== undefined;
  }

  /** Mail that is always taken: timers and piped work are bounded by the actor itself. */
  #put(mail: Mail): boolean {
    if (this.#stopping) return false;
    this.#mailbox.push(mail);
    this.#run();
    return true;
  }

  after(ms: number, mail: Mail): () => void {
    if (this.#stopping) return () => {};
    const cancel = this.clock.after(ms, () => {
      this.#timers.delete(cancel);
      this.#put(mail);
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  pipe<T>(promise: Promise<T>, done: (value: T) => Mail, failed: (error: unknown) => Mail): void {
    this.system.work(1);
    promise.then(
      (value) => void this.#put(done(value)),
      (error) => void this.#put(failed(error)),
    ).finally(() => this.system.work(-1));
  }

  #run(): void {
    if (this.#running || this.#over) return;
    this.#running = true;
    this.system.work(1);
    // A microtask, so that `tell` returns before the mail is looked at and two actors cannot recurse into each other.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (!this.#stopping && this.#mailbox.length > 0) {
      try {
        const working = this.#actor.receive(this.#mailbox.shift()!);
        if (working) await working;
      } catch (error) {
        this.#failed(error);
      }
    }
    if (this.#stopping) await this.#finish(this.#stopping);
    this.#running = false;
    this.system.work(-1);
  }

  /** A restart that fails is one more failure. */
  #failed(error: unknown): void {
    while (this.#mayRestart(error)) {
      this.#cancelTimers();
      try {
        this.#actor = this.create(this);
        return;
      } catch (failure) {
        error = failure;
      }
    }
  }

  /** Counts a failure. False: it was one too many, and the actor ends. */
  #mayRestart(error: unknown): boolean {
    const { clock, log, counts } = this.system;
    const nowMs = clock.monotonicMs();
    const recent = this.#restarts.filter((at) => at >= nowMs - 60_000);
    this.#restarts.splice(0, this.#restarts.length, ...recent);
    const mayRestart = !this.#stopping && recent.length < (this.options.restartsPerMinute ?? 0);
    log.error(`${this.name} failed and is ${mayRestart ? "restarted" : "stopped"}`, { error });
    counts.failures.add(this.#kind, mayRestart ? "restarted" : "stopped");
    if (mayRestart) this.#restarts.push(nowMs);
    else this.#giveUp();
    return mayRestart;
  }

  #giveUp(): void {
    // An actor that was asked to stop is not missed.
    if (!this.#stopping && this.#isPermanent && !this.options.isSupervised) this.system.giveUp(this.name);
    this.#stopping ??= "failed";
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  async #finish(reason: StopReason): Promise<void> {
    this.#over = true;
    this.#mailbox.length = 0;
    this.#cancelTimers();
    try {
      await this.#actor.stopped?.(reason);
    } catch (error) {
      this.system.log.error(`${this.name} could not finish`, { error });
    }
    this.#ended();
  }
}
