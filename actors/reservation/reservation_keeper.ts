/**
 * The shared actor that ends reservations: when their time is over, when a transaction fits one and does not name it, and when a command
 * ended in a way that its handler could not record. It keeps nothing that the database does not have: each look decides from the rows, and
 * the first one comes with its birth.
 */
import type { Store } from "../../db/store.ts";
import type { Actor, ActorSystem, Context } from "../runtime/actor.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { isAboutReservation, recordOutcome } from "./outcomes.ts";

/** The longest time without a look, for what other processes do and what no signals tells. */
const LOOK_AT_LEAST_MS = 30_000;

/** After the database did not answer. */
const TRY_AGAIN_MS = 2000;

type ReservationMail = "look";

/** Ends reservations by themselves. It sends nothing. */
export class ReservationKeeper {
  /** Charge points with an active reservation, as of the last look: only their starts are worth one. */
  #active: ReadonlySet<string> = new Set();
  #planned = false;

  constructor(system: ActorSystem, readonly store: Store, signals: Signals) {
    const keeper = system.spawn<ReservationMail>(
      "reservations",
      (context) => this.#born(context, system),
      { restartsPerMinute: 60 },
    );
    signals.listen((item) => {
      if (this.#planned || !this.#concerns(item)) return;
      this.#planned = keeper.tell("look");
    });
  }

  #born(context: Context<ReservationMail>, { log }: ActorSystem): Actor<ReservationMail> {
    let cancelTimer = () => {};
    const lookIn = (ms: number) => {
      cancelTimer();
      cancelTimer = context.after(Math.max(0, ms), "look");
    };
    this.#planned = context.self.tell("look");
    return {
      receive: async () => {
        this.#planned = false;
        lookIn(TRY_AGAIN_MS); // also when this look fails and the actor is born again
        try {
          lookIn(await this.#look(context.clock.now()));
        } catch (error) {
          log.warn("Reservations could not be looked at; tried again soon", { error });
        }
      },
    };
  }

  #concerns(item: Signal): boolean {
    switch (item.kind) {
      case "commandSettled":
        return isAboutReservation(item.command);
      case "commandAnsweredLate":
        return isAboutReservation(item.command);
      case "statusReported":
        return item.status === "Reserved";
      case "transactionStarted":
        return this.#active.has(item.chargePoint);
      default:
        return false;
    }
  }

  /** Returns after how many milliseconds to look again. Throws StoreError. */
  async #look(now: Date): Promise<number> {
    const { reservations } = this.store;
    for (const command of await reservations.listUnheard()) await recordOutcome(command, this.store, now);
    await reservations.expireDue(now);
    await reservations.useFitting();
    const { nextExpiry, chargePoints } = await reservations.outlook();
    this.#active = new Set(chargePoints);
    return Math.min(LOOK_AT_LEAST_MS, (nextExpiry?.getTime() ?? Infinity) - now.getTime());
  }
}
