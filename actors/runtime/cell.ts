/** Runs one actor: its mailbox, timers, restarts and end. */
import type { Clock } from "./clock.ts";
import { type Actor, AskTimeout, type Context, type Ref, type Reply } from "./context.ts";
import type { Source, SpawnOptions, StopReason } from "./context.ts";
import type { Counts } from "./counts.ts";
import type { Log } from "./log.ts";
import { type Envelope, Mailbox } from "./mailbox.ts";
import { Timers } from "./timers.ts";

/** As large as the usual number of charge points, because there may be a signal about each. */
const DEFAULT_MAILBOX_LIMIT = 20_000;

/** The part of the actor system that a cell uses. */
export interface CellSystem {
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: Counts;
  /** Called when work begins (1) or ends (-1). */
  work(change: 1 | -1): void;
  /** Called when a permanent actor failed too often. */
  giveUp(name: string): void;
}

/** One actor with its mailbox and timers. It is the `Ref` for other code and the `Context` for the actor itself. */
export class Cell<Mail> implements Ref<Mail>, Context<Mail> {
  readonly ended: Promise<void>;
  readonly #mailbox = new Mailbox<Mail>();
  readonly #timers: Timers;
  readonly #subscriptions = new Set<() => void>();
  /** Rejects the asks that wait for a reply. */
  readonly #asks = new Set<() => void>();
  readonly #restarts: number[] = [];
  #actor: Actor<Mail>;
  #ended!: () => void;
  #stopping: StopReason | null = null;
  #isOver = false;
  #isRunning = false;

  constructor(
    readonly name: string,
    readonly create: (context: Context<Mail>) => Actor<Mail>,
    readonly options: SpawnOptions,
    readonly system: CellSystem,
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
    const isFull = this.#mailbox.size >= (this.options.mailboxLimit ?? DEFAULT_MAILBOX_LIMIT);
    if (!isFull || this.#mailbox.has(key)) return this.#put({ mail, key });
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

  /** The label in metrics. A temporary actor's name contains the charge point's identity, which must not be a label. */
  get #kind(): string {
    return this.#isPermanent ? this.name : "connection";
  }

  get #isPermanent(): boolean {
    return this.options.restartsPerMinute !== undefined;
  }

  /** Puts mail without a check of the limit: the actor itself bounds its timers and piped work. */
  #put(envelope: Envelope<Mail>): boolean {
    if (this.#stopping) return false;
    this.#mailbox.put(envelope);
    this.#run();
    return true;
  }

  after(ms: number, mail: Mail, key?: string): () => void {
    return this.#schedule(ms, { mail, key });
  }

  every(ms: number, mail: Mail, firstMs = ms): void {
    const envelope: Envelope<Mail> = { mail, received: () => void this.#schedule(ms, envelope) };
    this.#schedule(firstMs, envelope);
  }

  #schedule(ms: number, envelope: Envelope<Mail>): () => void {
    if (this.#stopping) return () => {};
    return this.#timers.after(ms, () => void this.#put(envelope), envelope.key);
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
    if (this.#isRunning || this.#isOver) return;
    this.#isRunning = true;
    this.system.work(1);
    // In a microtask, so that `tell` returns before the mail is received and two actors cannot call each other recursively.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#receivesMail && this.#mailbox.size > 0) {
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
    this.#isRunning = false;
    this.system.work(-1);
  }

  get #receivesMail(): boolean {
    return !this.#stopping || (this.#stopping === "shutdown" && this.options.drains === true);
  }

  /** Restarts the actor; a restart that fails counts as another failure. */
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

  /** Counts a failure. Returns false if there were too many: the actor then ends. */
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
    // A failure of an actor that is stopping does no harm.
    if (!this.#stopping && this.#isPermanent && !this.options.isSupervised) this.system.giveUp(this.name);
    this.#stopping ??= "failed";
  }

  /** Cancels the actor's timers and subscriptions. */
  #release(): void {
    this.#timers.cancelAll();
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
  }

  async #finish(reason: StopReason): Promise<void> {
    this.#isOver = true;
    this.#mailbox.clear();
    this.#release();
    try {
      await this.#actor.stopped?.(reason);
    } catch (error) {
      this.system.log.error(`${this.name} failed while it ended`, { error });
    }
    for (const refuse of this.#asks) refuse();
    this.#ended();
  }
}
