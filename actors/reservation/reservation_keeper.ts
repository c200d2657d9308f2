/**
 * The shared actor that ends reservations: when their time is over, when a transaction fits one and does not name it, and when a command
 * ended in a way that its handler could not record. It keeps nothing that the database does not have: each look decides from the rows, and
 * the first one comes with its birth.
 */
import type { Store } from "../../db/store.ts";
import { endOf } from "../../ocpp/command_end.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT } from "../runtime/actor.ts";
import type { Log } from "../runtime/log.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { isAboutReservation, recordOutcome } from "./outcomes.ts";

/** The longest time without a look, for what other processes do and what no signal tells. */
const LOOK_AT_LEAST_MS = 30_000;

/** After the database did not answer. */
const TRY_AGAIN_MS = 2000;

/** What happened. `timePassed`: it is time to look. */
type ReservationMail =
  | { readonly kind: "transactionStarted"; readonly chargePoint: string }
  | { readonly kind: "commandEnded" | "reservedReported" | "timePassed" };

/** Ends reservations by themselves. It sends nothing. */
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
  /** Charge points with an active reservation, as of the last look: only their starts are worth one. */
  #active: ReadonlySet<string> = new Set();

  constructor(
    readonly context: Context<ReservationMail>,
    readonly log: Log,
    readonly store: Store,
    signals: Signals,
  ) {
    context.subscribe(signals, mailOf, { key: (mail) => JSON.stringify(mail) });
    context.self.tell({ kind: "timePassed" });
  }

  async receive(mail: ReservationMail): Promise<void> {
    switch (mail.kind) {
      case "transactionStarted":
        if (!this.#active.has(mail.chargePoint)) return;
        break;
      case "commandEnded":
      case "reservedReported":
      case "timePassed":
        break;
    }
    this.context.after(await this.#look(), { kind: "timePassed" }, "look");
  }

  /** Answers after how many milliseconds to look again. */
  async #look(): Promise<number> {
    const { reservations } = this.store;
    const now = this.context.clock.now();
    try {
      for (const command of await reservations.listUnheard()) {
        await recordOutcome(command, endOf(command), this.store, now);
      }
      await reservations.expireDue(now);
      await reservations.useFitting();
      const { nextExpiry, chargePoints } = await reservations.outlook();
      this.#active = new Set(chargePoints);
      return Math.max(0, Math.min(LOOK_AT_LEAST_MS, (nextExpiry?.getTime() ?? Infinity) - now.getTime()));
    } catch (error) {
      this.log.warn("Reservations could not be looked at; tried again soon", { error });
      return TRY_AGAIN_MS;
    }
  }
}
