/**
 * The shared actor that owns the stack of charging profiles of every charge point: what becomes of it without a command. It binds profiles to
 * transactions that start, removes those of transactions that ended, writes down outcomes that a crash or an outage kept out of the
 * mirror, and tells of doubts that will last. All of it is decided from the rows, so it has nothing to lose: a signal only says
 * where to look first. Everything is looked at when the actor is born and again and again, also because other processes have signals of their own.
 */
import type { Command } from "../../db/commands.ts";
import { StoreError } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import { endOf, isAnswered } from "../../ocpp/command_end.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT } from "../runtime/actor.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { learnOutcome } from "./profile_outcomes.ts";

/** What is in doubt or waits for a transaction is little, and looked at so often. */
const LOOK_EVERY_MS = 10_000;

/** One look of so many is at every TxProfile. Readers do not see one whose transaction is over: removing it is not urgent. */
const LOOKS_PER_FULL_LOOK = 6;

/** While the database is away, the actor tries again this often. */
const TRY_AGAIN_MS = 1000;

/** A remote start that came to nothing is hidden at once and kept so long, because its start may only be late to arrive. */
const KEEP_UNSTARTED_MS = 24 * 3600 * 1000;

/** What may have happened to the profiles of a charge point. */
type Hint = "started" | "ended" | "settled";

/** `heardDue`: the charge points of which something was heard are to be looked at; `lookDue`: all are. */
type SmartChargingMail =
  | { readonly kind: "heard"; readonly hint: Hint; readonly chargePoint: string }
  | { readonly kind: "heardDue" | "lookDue" };

const PROFILE_ACTIONS = ["SetChargingProfile", "ClearChargingProfile", "RemoteStartTransaction"];

/** Starts the actor. */
export function keepChargingProfiles(system: ActorSystem, store: Store, signals: Signals): void {
  system.spawn<SmartChargingMail>("smart charging", (context) => new ProfileKeeper(context, store, signals), PERMANENT);
}

function heardOf(signal: Signal): SmartChargingMail | undefined {
  switch (signal.kind) {
    case "transactionStarted":
      return { kind: "heard", hint: "started", chargePoint: signal.chargePoint };
    case "transactionEnded":
      return { kind: "heard", hint: "ended", chargePoint: signal.chargePoint };
    case "commandSettled": {
      const { command, chargePoint } = signal;
      const matters = PROFILE_ACTIONS.includes(command.action) && leavesDoubt(command);
      return matters ? { kind: "heard", hint: "settled", chargePoint } : undefined;
    }
    default:
      return undefined;
  }
}

/** The handler of an answer has written it down already; where that failed, the next look finds it. */
function leavesDoubt(command: Command): boolean {
  const end = endOf(command);
  return end !== undefined && !isAnswered(end);
}

class ProfileKeeper implements Actor<SmartChargingMail> {
  #heard: Record<Hint, Set<string>> = nothingHeard();
  #looks = 0;

  constructor(readonly context: Context<SmartChargingMail>, readonly store: Store, signals: Signals) {
    context.subscribe(signals, heardOf);
    this.#lookIn(0);
  }

  async receive(mail: SmartChargingMail): Promise<void> {
    try {
      switch (mail.kind) {
        case "heard":
          this.#heard[mail.hint].add(mail.chargePoint);
          return void this.context.self.tell({ kind: "heardDue" }, "heardDue");
        case "heardDue":
          return await this.#lookAtHeard();
        case "lookDue":
          return await this.#look();
      }
    } catch (error) {
      // An outage is no failure of ours. What was heard is found by looking at everything.
      if (!(error instanceof StoreError)) throw error;
      this.#looks = 0;
      this.#lookIn(TRY_AGAIN_MS);
    }
  }

  #lookIn(ms: number): void {
    this.context.after(ms, { kind: "lookDue" }, "lookDue");
  }

  async #lookAtHeard(): Promise<void> {
    const heard = this.#heard;
    this.#heard = nothingHeard();
    await keep(this.store, this.context.clock.now(), (hint) => [...heard[hint]]);
  }

  async #look(): Promise<void> {
    const now = this.context.clock.now();
    const isFull = this.#looks % LOOKS_PER_FULL_LOOK === 0;
    await keep(this.store, now, (hint) => hint === "ended" && !isFull ? [] : null);
    await this.store.chargingProfiles.dropUnstarted(new Date(now.getTime() - KEEP_UNSTARTED_MS));
    this.#looks++;
    this.#lookIn(LOOK_EVERY_MS);
  }
}

function nothingHeard(): Record<Hint, Set<string>> {
  return { started: new Set(), ended: new Set(), settled: new Set() };
}

/** Where to look for the consequences of a hint; null: everywhere. */
type Where = (hint: Hint) => readonly string[] | null;

/** Outcomes first: whether a remote start was accepted is better known before its profile is bound. */
async function keep(store: Store, now: Date, where: Where): Promise<void> {
  const { chargingProfiles } = store;
  const settled = where("settled");
  if (!isNowhere(settled)) {
    for (const command of await chargingProfiles.findUnsettled(settled)) {
      await learnOutcome(store, command, endOf(command), now);
    }
    await chargingProfiles.tellDoubts(settled, now);
    await chargingProfiles.boundDoubts(settled, now);
  }
  const started = where("started");
  if (!isNowhere(started)) await chargingProfiles.bind(started, now);
  const ended = where("ended");
  if (!isNowhere(ended)) await chargingProfiles.removeEnded(ended, now);
}

function isNowhere(chargePoints: readonly string[] | null): boolean {
  return chargePoints?.length === 0;
}
