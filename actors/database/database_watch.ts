/**
 * Watches whether the database answers. While it does not, charge points are better off offline, where they must queue their transaction
 * messages, than online, where they give up after a few attempts (OCPP 1.6 3.7.1): so after a few seconds of outage their
 * connections are closed and new ones are asked to come back later.
 */
import type { Store } from "../../db/store.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT } from "../runtime/actor.ts";

type WatchMail =
  | { readonly kind: "probeDue" | "answered" }
  | { readonly kind: "silent"; readonly error: unknown };

const PROBE_EVERY_MS = 1000;

/** A shorter outage is ridden out: calls are held and then answered with InternalError. Counted from the last answer. */
const OUTAGE_AFTER_MS = 5000;

/** One question without an answer proves nothing: this process may have been stopped meanwhile. */
const OUTAGE_AFTER_QUESTIONS = 2;

export class DatabaseWatch {
  /** What the actor has found out, to be read where there is no time to ask it. Only the actor writes it. */
  readonly #found: Readonly<Found>;

  /** `onOutage` runs once per outage, when it has lasted too long to ride out. */
  constructor(system: ActorSystem, store: Store, onOutage: () => void) {
    const found = { isOutage: false };
    this.#found = found;
    system.spawn<WatchMail>(
      "database watch",
      (context) => new Watch(context, system, store, found, onOutage),
      PERMANENT,
    );
  }

  /** False during an outage. */
  get available(): boolean {
    return !this.#found.isOutage;
  }
}

interface Found {
  isOutage: boolean;
}

class Watch implements Actor<WatchMail> {
  #answeredAtMs: number;
  #askedAtMs: number;
  #unanswered = 0;

  constructor(
    readonly context: Context<WatchMail>,
    readonly system: ActorSystem,
    readonly store: Store,
    readonly found: Found,
    readonly onOutage: () => void,
  ) {
    this.#askedAtMs = this.#answeredAtMs = this.#nowMs();
    this.#plan();
  }

  receive(mail: WatchMail): void {
    switch (mail.kind) {
      case "probeDue":
        this.#askedAtMs = this.#nowMs();
        return this.context.pipe(
          this.store.probe(),
          () => ({ kind: "answered" }),
          (error) => ({ kind: "silent", error }),
        );
      case "answered":
        this.#plan();
        return this.#answered();
      case "silent":
        this.#plan();
        return this.#silent(mail.error);
    }
  }

  #plan(): void {
    const sinceMs = this.#nowMs() - this.#askedAtMs;
    this.context.after(Math.max(0, PROBE_EVERY_MS - sinceMs), { kind: "probeDue" }, "probe");
  }

  #answered(): void {
    if (this.found.isOutage) this.system.log.info("The database answers again; charge points may connect");
    this.#answeredAtMs = this.#nowMs();
    this.#unanswered = 0;
    this.found.isOutage = false;
  }

  #silent(error: unknown): void {
    const silentMs = this.#nowMs() - this.#answeredAtMs;
    this.#unanswered++;
    if (this.found.isOutage || silentMs < OUTAGE_AFTER_MS || this.#unanswered < OUTAGE_AFTER_QUESTIONS) return;
    this.found.isOutage = true;
    this.system.log.error("The database does not answer; charge points are sent away until it does", { error });
    this.onOutage();
  }

  #nowMs(): number {
    return this.context.clock.monotonicMs();
  }
}
