/**
 * Watches whether the database answers. While it does not, charge points are better off offline, where they must queue their transaction
 * messages, than online, where they give up after a few attempts (OCPP 1.6 3.7.1): so after a few seconds of outage their
 * connections are closed and new ones are asked to come back later.
 */
import type { Store } from "../db/store.ts";
import type { ActorSystem } from "./actor.ts";

type WatchMail = { readonly kind: "probe" } | { readonly kind: "answered" } | {
  readonly kind: "silent";
  readonly error: unknown;
};

const PROBE_EVERY_MS = 1000;

/** A shorter outage is ridden out: calls are held and then answered with InternalError. */
const OUTAGE_AFTER_MS = 5000;

export class DatabaseWatch {
  #silentSinceMs: number | null = null;
  #outage = false;

  /** `onOutage` runs once per outage, when it has lasted too long to ride out. */
  constructor(readonly system: ActorSystem, readonly store: Store, readonly onOutage: () => void) {
    system.spawn<WatchMail>("database watch", (context) => {
      const plan = () => void context.after(PROBE_EVERY_MS, { kind: "probe" });
      plan();
      return {
        receive: (mail) => {
          if (mail.kind === "probe") {
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
    this.#silentSinceMs = null;
    this.#outage = false;
  }

  #silent(error: unknown): void {
    const nowMs = this.system.clock.monotonicMs();
    this.#silentSinceMs ??= nowMs;
    if (this.#outage || nowMs - this.#silentSinceMs < OUTAGE_AFTER_MS) return;
    this.#outage = true;
    this.system.log.error("The database does not answer; charge points are sent away until it does", { error });
    this.onOutage();
  }
}
