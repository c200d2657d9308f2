/** One actor at work: its mailbox, its timers, and what happens when it fails or ends. */
import type { Clock } from "./clock.ts";
import { type Actor, AskTimeout, type Context, type Ref, type Reply } from "./context.ts";
import type { Source, SpawnOptions, StopReason } from "./context.ts";
import type { Counts } from "./counts.ts";
import type { Log } from "./log.ts";
import { type Letter, Mailbox } from "./mailbox.ts";
import { Timers } from "./timers.ts";

/** As many as there may be charge points: each may be the subject of a signal. */
const DEFAULT_MAILBOX_LIMIT = 20_000;

/** What an actor uses of its system. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: Counts;
  /** Work has begun, or is done. */
  work(change: 1 | -1): void;
  /** A permanent actor failed too often. */
  giveUp(name: string): void;
}

/** One actor with its mailbox and timers: its address for others, its context for itself. */
export class Cell<Mail> implements Ref<Mail>, Context<Mail> {
  readonly ended: Promise<void>;
  readonly #mailbox = new Mailbox<Mail>();
  readonly #timers: Timers;
  readonly #subscriptions = new Set<() => void>();
  /** Ends the asks that wait for a reply. */
  readonly #asks = new Set<() => void>();
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
    readonly system: Surroundings,
  ) {
    this.#timers = new Timers(system.clock);
    this.ended = new Promise((resolve) => this.#ended = resolve);
    try {
      this.#actor = create(this);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  get clock(): Clock {
    return this.system.clock;
  }

  get self(): Ref<Mail> {
    return this;
  }

  tell(mail: Mail, key?: string): boolean {
    const hasRoom = this.#mailbox.size < (this.options.mailboxLimit ?? DEFAULT_MAILBOX_LIMIT);
    if (hasRoom || this.#mailbox.has(key)) return this.#put({ mail, key });
    this.system.counts.mailRefused.inc({ actor: this.#kind });
    return false;
  }

  ask<T>(mail: (reply: Reply<T>) => Mail, timeoutMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const done = () => {
        cancel();
        this.#asks.delete(refuse);
      };
      const refuse = () => {
        done();
        reject(new Error(`${this.name} takes no mail: its mailbox is full or it has ended`));
      };
      const reply = (value: T) => {
        done();
        resolve(value);
      };
      const cancel = this.clock.after(timeoutMs, () => {
        done();
        reject(new AskTimeout(this.name, timeoutMs));
      });
      this.#asks.add(refuse);
      if (!this.tell(mail(reply))) refuse();
    });
  }

  stop(reason: "asked" | "shutdown" = "asked"): Promise<void> {
    return this.end(reason);
  }

  end(reason: StopReason): Promise<void> {
    this.#stopping ??= reason;
    this.#release();
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
  #put(letter: Letter<Mail>): boolean {
    if (this.#stopping) return false;
    this.#mailbox.put(letter);
    this.#run();
    return true;
  }

  after(ms: number, mail: Mail, key?: string): () => void {
    return this.#plan(ms, { mail, key });
  }

  every(ms: number, mail: Mail, firstMs = ms): void {
    const letter: Letter<Mail> = { mail, received: () => void this.#plan(ms, letter) };
    this.#plan(firstMs, letter);
  }

  #plan(ms: number, letter: Letter<Mail>): () => void {
    if (this.#stopping) return () => {};
    return this.#timers.after(ms, () => void this.#put(letter), letter.key);
  }

  subscribe<Signal>(
    source: Source<Signal>,
    pick: (signal: Signal) => Mail | undefined,
    { key }: { readonly key?: (mail: Mail) => string | undefined } = {},
  ): void {
    if (this.#stopping) return;
    this.#subscriptions.add(source.listen((signal) => {
      const mail = pick(signal);
      if (mail !== undefined) this.tell(mail, key?.(mail));
    }));
  }

  pipe<T>(promise: Promise<T>, done: (value: T) => Mail, failed: (error: unknown) => Mail): void {
    this.system.work(1);
    promise.then(
      (value) => void this.#put({ mail: done(value) }),
      (error) => void this.#put({ mail: failed(error) }),
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
    while (this.#takesMail && this.#mailbox.size > 0) {
      const { mail, received } = this.#mailbox.take()!;
      try {
        const working = this.#actor.receive(mail);
        if (working) await working;
        received?.();
      } catch (error) {
        this.#failed(error);
      }
    }
    if (this.#stopping) await this.#finish(this.#stopping);
    this.#running = false;
    this.system.work(-1);
  }

  get #takesMail(): boolean {
    return !this.#stopping || (this.#stopping === "shutdown" && this.options.drains === true);
  }

  /** A restart that fails is one more failure. */
  #failed(error: unknown): void {
    while (this.#mayRestart(error)) {
      this.#release();
      this.#mailbox.dropRepeated();
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
    counts.failures.inc({ actor: this.#kind, outcome: mayRestart ? "restarted" : "stopped" });
    if (mayRestart) this.#restarts.push(nowMs);
    else this.#giveUp();
    return mayRestart;
  }

  #giveUp(): void {
    // An actor that was asked to stop is not missed.
    if (!this.#stopping && this.#isPermanent && !this.options.isSupervised) this.system.giveUp(this.name);
    this.#stopping ??= "failed";
  }

  /** Gives back what the actor has asked for: timers and subscriptions. */
  #release(): void {
    this.#timers.cancelAll();
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
  }

  async #finish(reason: StopReason): Promise<void> {
    this.#over = true;
    this.#mailbox.clear();
    this.#release();
    try {
      await this.#actor.stopped?.(reason);
    } catch (error) {
      this.system.log.error(`${this.name} could not finish`, { error });
    }
    for (const refuse of this.#asks) refuse();
    this.#ended();
  }
}
