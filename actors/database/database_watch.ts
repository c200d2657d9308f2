/**
 * Detects an outage of the database: it does not answer, or its disk is full. During an outage charge points should be offline: an offline
 * charge point must queue its transaction messages, while an online one gives up after a few attempts (OCPP 1.6 3.7.1). So a few seconds into an
 * outage all connections are closed and new ones are refused with Retry-After.
 */
import { isDiskFull } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT } from "../runtime/actor.ts";

type WatchMail =
  | { readonly kind: "probeDue" | "answered" }
  | { readonly kind: "unanswered"; readonly error: unknown };

const PROBE_INTERVAL_MS = 1000;

/** Time without an answer until connections are closed. Before, CALLs are held and then answered with InternalError. */
const OUTAGE_AFTER_MS = 5000;

/** Probes without an answer until connections are closed. One is not enough, because the process itself may have been suspended. */
const OUTAGE_AFTER_PROBES = 2;

/** The outage state for other code, and the start of the actor that finds it. */
export class DatabaseWatch {
  /** Read without mail, because callers cannot wait. Only the actor writes it. */
  readonly #state: Readonly<WatchState>;

  /** `onOutage` is called once per outage, when connections must be closed. */
  constructor(system: ActorSystem, store: Store, onOutage: () => void) {
    const state: WatchState = { outage: undefined };
    this.#state = state;
    system.spawn<WatchMail>(
      "database watch",
      (context) => new Watch(context, system, store, state, onOutage),
      PERMANENT,
    );
  }

  /** What is wrong during an outage, as a sentence; undefined otherwise. */
  get outage(): string | undefined {
    return this.#state.outage;
  }
}

interface WatchState {
  outage: string | undefined;
}

/** What is wrong with a database whose probe failed, as a sentence for the operator. */
export function outageOf(error: unknown): string {
  return isDiskFull(error) ? "The disk of the database is full" : "The database does not answer";
}

class Watch implements Actor<WatchMail> {
  #answeredAtMs: number;
  #askedAtMs: number;
  #unanswered = 0;

  constructor(
    readonly context: Context<WatchMail>,
    readonly system: ActorSystem,
    readonly store: Store,
    readonly state: WatchState,
    readonly onOutage: () => void,
  ) {
    this.#askedAtMs = this.#answeredAtMs = this.#nowMs();
    this.#scheduleProbe();
  }

  receive(mail: WatchMail): void {
    switch (mail.kind) {
      case "probeDue":
        this.#askedAtMs = this.#nowMs();
        return this.context.pipe(
          this.store.probe(),
          () => ({ kind: "answered" }),
          (error) => ({ kind: "unanswered", error }),
        );
      case "answered":
        this.#scheduleProbe();
        return this.#answered();
      case "unanswered":
        this.#scheduleProbe();
        return this.#notAnswered(mail.error);
    }
  }

  #scheduleProbe(): void {
    const sinceMs = this.#nowMs() - this.#askedAtMs;
    this.context.after(Math.max(0, PROBE_INTERVAL_MS - sinceMs), { kind: "probeDue" }, "probe");
  }

  #answered(): void {
    if (this.state.outage) this.system.log.info("The database works again; charge points can connect");
    this.#answeredAtMs = this.#nowMs();
    this.#unanswered = 0;
    this.state.outage = undefined;
  }

  #notAnswered(error: unknown): void {
    const unansweredMs = this.#nowMs() - this.#answeredAtMs;
    this.#unanswered++;
    if (this.state.outage || unansweredMs < OUTAGE_AFTER_MS || this.#unanswered < OUTAGE_AFTER_PROBES) return;
    this.state.outage = outageOf(error);
    const until = isDiskFull(error) ? "there is room. Make room on that disk; nothing else is needed" : "it answers";
    this.system.log.error(`${this.state.outage}; connections are closed and refused until ${until}`, { error });
    this.onOutage();
  }

  #nowMs(): number {
    return this.context.clock.monotonicMs();
  }
}
