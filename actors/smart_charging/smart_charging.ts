/**
 * The shared actor that keeps the stored charging profiles of all charge points up to date. It binds profiles to transactions that start, removes the
 * profiles of ended transactions, records outcomes that a crash or an outage kept from being recorded, and publishes an event for a profile that
 * stays in doubt. Its state is in the database. A signal only makes it check a charge point sooner; it checks all of them at its
 * start and at intervals, because signals of other processes do not arrive here.
 */
import type { Command } from "../../db/commands.ts";
import { StoreError } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import { endOf, isAnswered } from "../../ocpp/command_end.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT } from "../runtime/actor.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { recordProfileOutcome } from "./profile_outcomes.ts";

/** Interval of checks of all charge points. They read only profiles that are in doubt or wait for a transaction, which are few. */
const CHECK_INTERVAL_MS = 10_000;

/** One in this many checks reads every TxProfile. The API hides a TxProfile whose transaction has ended, so removing it is not urgent. */
const CHECKS_PER_FULL_CHECK = 6;

/** Delay after the database did not answer. */
const RETRY_MS = 1000;

/** How long the profile of a remote start without a transaction is kept, because StartTransaction may arrive late. The API hides it at once. */
const KEEP_UNSTARTED_MS = 24 * 3600 * 1000;

/** The kind of change that a signal reports: a transaction started or ended, or a command settled. */
type Change = "started" | "ended" | "settled";

/** `signalledDue`: check the charge points with a signal; `checkDue`: check all. */
type SmartChargingMail =
  | { readonly kind: "signalled"; readonly change: Change; readonly chargePoint: string }
  | { readonly kind: "signalledDue" | "checkDue" };

const PROFILE_ACTIONS = ["SetChargingProfile", "ClearChargingProfile", "RemoteStartTransaction"];

/** Starts the actor, which nothing needs to call: it subscribes to signals. */
export function keepChargingProfiles(system: ActorSystem, store: Store, signals: Signals): void {
  system.spawn<SmartChargingMail>("smart charging", (context) => new ProfileKeeper(context, store, signals), PERMANENT);
}

function mailOf(signal: Signal): SmartChargingMail | undefined {
  switch (signal.kind) {
    case "transactionStarted":
      return { kind: "signalled", change: "started", chargePoint: signal.chargePoint };
    case "transactionEnded":
      return { kind: "signalled", change: "ended", chargePoint: signal.chargePoint };
    case "commandSettled": {
      const { command, chargePoint } = signal;
      const matters = PROFILE_ACTIONS.includes(command.action) && leavesDoubt(command);
      return matters ? { kind: "signalled", change: "settled", chargePoint } : undefined;
    }
    default:
      return undefined;
  }
}

/** An answer needs no check: its handler has recorded it. If that failed, the next check of all charge points finds it. */
function leavesDoubt(command: Command): boolean {
  const end = endOf(command);
  return end !== undefined && !isAnswered(end);
}

class ProfileKeeper implements Actor<SmartChargingMail> {
  #signalled: Record<Change, Set<string>> = emptySets();
  #checks = 0;

  constructor(readonly context: Context<SmartChargingMail>, readonly store: Store, signals: Signals) {
    context.subscribe(signals, mailOf);
    this.#checkIn(0);
  }

  async receive(mail: SmartChargingMail): Promise<void> {
    try {
      switch (mail.kind) {
        case "signalled":
          this.#signalled[mail.change].add(mail.chargePoint);
          return void this.context.self.tell({ kind: "signalledDue" }, "signalledDue");
        case "signalledDue":
          return await this.#checkSignalled();
        case "checkDue":
          return await this.#check();
      }
    } catch (error) {
      // An outage is no failure of the actor. The next full check covers the charge points with a signal, too.
      if (!(error instanceof StoreError)) throw error;
      this.#checks = 0;
      this.#checkIn(RETRY_MS);
    }
  }

  #checkIn(ms: number): void {
    this.context.after(ms, { kind: "checkDue" }, "checkDue");
  }

  async #checkSignalled(): Promise<void> {
    const signalled = this.#signalled;
    this.#signalled = emptySets();
    await keep(this.store, this.context.clock.now(), (change) => [...signalled[change]]);
  }

  async #check(): Promise<void> {
    const now = this.context.clock.now();
    const isFull = this.#checks % CHECKS_PER_FULL_CHECK === 0;
    await keep(this.store, now, (change) => change === "ended" && !isFull ? [] : null);
    await this.store.chargingProfiles.dropUnstarted(new Date(now.getTime() - KEEP_UNSTARTED_MS));
    this.#checks++;
    this.#checkIn(CHECK_INTERVAL_MS);
  }
}

function emptySets(): Record<Change, Set<string>> {
  return { started: new Set(), ended: new Set(), settled: new Set() };
}

/** The charge points to check for a kind of change; null: all. */
type Scope = (change: Change) => readonly string[] | null;

/** Outcomes come first, because a profile is bound only after its remote start was accepted. */
async function keep(store: Store, now: Date, scope: Scope): Promise<void> {
  const { chargingProfiles } = store;
  const settled = scope("settled");
  if (!isNone(settled)) {
    for (const command of await chargingProfiles.findUnsettled(settled)) {
      await recordProfileOutcome(store, command, endOf(command), now);
    }
    await chargingProfiles.publishDoubts(settled, now);
    await chargingProfiles.limitDoubts(settled, now);
  }
  const started = scope("started");
  if (!isNone(started)) await chargingProfiles.bind(started, now);
  const ended = scope("ended");
  if (!isNone(ended)) await chargingProfiles.removeEnded(ended, now);
}

function isNone(chargePoints: readonly string[] | null): boolean {
  return chargePoints?.length === 0;
}
