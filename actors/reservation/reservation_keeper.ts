/**
 * The shared actor that ends reservations: when they expire, when a transaction without a reservationId uses one, and when the end of a command could
 * not be recorded by its handler. Its state is in the database, which it checks at its start, after signals and at intervals.
 */
import type { Store } from "../../db/store.ts";
import { endOf } from "../../ocpp/command_end.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT } from "../runtime/actor.ts";
import type { Log } from "../runtime/log.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { isAboutReservation, recordOutcome } from "./outcomes.ts";

/** The longest time between two checks, for changes without a signal, such as those of other processes. */
const CHECK_INTERVAL_MS = 30_000;

/** Delay after the database did not answer. */
const RETRY_MS = 2000;

/** Every mail leads to a check; `checkDue`: the time for one has come. */
type ReservationMail =
  | { readonly kind: "transactionStarted"; readonly chargePoint: string }
  | { readonly kind: "commandEnded" | "reservedReported" | "checkDue" };

/** Starts the actor. It sends nothing to charge points. */
export function keepReservations(system: ActorSystem, store: Store, signals: Signals): void {
  const { log } = system;
  system.spawn<ReservationMail>("reservations", (own) => new ReservationKeeper(own, log, store, signals), PERMANENT);
}

function mailOf(signal: Signal): ReservationMail | undefined {
  switch (signal.kind) {
    case "commandSettled":
    case "commandAnsweredLate":
      return isAboutReservation(signal.command) ? { kind: "commandEnded" } : undefined;
    case "statusReported":
      return signal.status === "Reserved" ? { kind: "reservedReported" } : undefined;
    case "transactionStarted":
      return { kind: "transactionStarted", chargePoint: signal.chargePoint };
    default:
      return undefined;
  }
}

class ReservationKeeper implements Actor<ReservationMail> {
  /** Charge points with an active reservation, as of the last check: transactions of others need no check. */
  #active: ReadonlySet<string> = new Set();

  constructor(
    readonly context: Context<ReservationMail>,
    readonly log: Log,
    readonly store: Store,
    signals: Signals,
  ) {
    context.subscribe(signals, mailOf, { key: (mail) => JSON.stringify(mail) });
    context.self.tell({ kind: "checkDue" });
  }

  async receive(mail: ReservationMail): Promise<void> {
    switch (mail.kind) {
      case "transactionStarted":
        if (!this.#active.has(mail.chargePoint)) return;
        break;
      case "commandEnded":
      case "reservedReported":
      case "checkDue":
        break;
    }
    this.context.after(await this.#check(), { kind: "checkDue" }, "check");
  }

  /** Returns the delay until the next check, in ms. */
  async #check(): Promise<number> {
    const { reservations } = this.store;
    const now = this.context.clock.now();
    try {
      for (const command of await reservations.listUnsettled()) {
        await recordOutcome(command, endOf(command), this.store, now);
      }
      await reservations.expireDue(now);
      await reservations.matchUnnamedStarts();
      const { nextExpiry, chargePoints } = await reservations.openSummary();
      this.#active = new Set(chargePoints);
      return Math.max(0, Math.min(CHECK_INTERVAL_MS, (nextExpiry?.getTime() ?? Infinity) - now.getTime()));
    } catch (error) {
      this.log.warn("Reservations could not be checked; retrying soon", { error });
      return RETRY_MS;
    }
  }
}
