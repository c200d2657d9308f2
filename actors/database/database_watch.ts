/**
 * Watches whether the database answers. While it does not, charge points are better off offline, where they must queue their transaction
 * messages, than online, where they give up after a few attempts (OCPP 1.6 3.7.1): so after a few seconds of outage their
 * connections are closed and new ones are asked to come back later.
 */
import type { Store } from "../../db/store.ts";
import type { ActorSystem } from "../runtime/actor.ts";

type WatchMail = { readonly kind: "probe" } | { readonly kind: "answered" } | {
  readonly kind: "silent";
  readonly error: unknown;
};

const PROBE_EVERY_MS = 1000;

/** A shorter outage is ridden out: calls are held and then answered with InternalError. Counted from the last answer. */
const OUTAGE_AFTER_MS = 5000;

/** One question without an answer proves nothing: this process may have been stopped meanwhile. */
const OUTAGE_AFTER_QUESTIONS = 2;

export class DatabaseWatch {
  #answeredAtMs: number;
  #unanswered = 0;
  #outage = false;

  /** `onOutage` runs once per outage, when it has lasted too long to ride out. */
  constructor(readonly system: ActorSystem, readonly store: Store, readonly onOutage: () => void) {
    this.#answeredAtMs = system.clock.monotonicMs();
    system.spawn<WatchMail>("database watch", (context) => {
      let askedAtMs = system.clock.monotonicMs();
      const plan = () => {
        const sinceMs = system.clock.monotonicMs() - askedAtMs;
        context.after(Math.max(0, PROBE_EVERY_MS - sinceMs), { kind: "probe" });
      };
      plan();
      return {
        receive: (mail) => {
          if (mail.kind === "probe") {
            askedAtMs = system.clock.monotonicMs();
            return context.pipe(store.probe(), () => ({ kind: "answered" }), (error) => ({ kind: "silent", error }));
          }
          plan();
          if (mail.kind === "answered") this.#answered();
          else this.#silent(mail.error);
        },
      };
    }, { restartsPerMinute: 60 });
  }

  /** False during an outage. */
  get available(): boolean {
    return !this.#outage;
  }

  #answered(): void {
    if (this.#outage) this.system.log.info("The database answers again; charge points may connect");
    this.#answeredAtMs = this.system.clock.monotonicMs();
    this.#unanswered = 0;
    this.#outage = false;
  }

  #silent(error: unknown): void {
    const silentMs = this.system.clock.monotonicMs() - this.#answeredAtMs;
    this.#unanswered++;
    if (this.#outage || silentMs < OUTAGE_AFTER_MS || this.#unanswered < OUTAGE_AFTER_QUESTIONS) return;
    this.#outage = true;
    this.system.log.error("The database does not answer; charge points are sent away until it does", { error });
    this.onOutage();
  }
}
