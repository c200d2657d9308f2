/**
 * The shared actor that owns the stack of charging profiles of every charge point: what becomes of it without a command. It binds profiles to
 * transactions that start, removes those of transactions that ended, writes down outcomes that a crash or an outage kept out of the
 * mirror, and tells of doubts that will last. All of it is decided from the rows, so it has nothing to lose: signals only says
 * where to look first, and everything is looked at when it is born and
 * again and again, also because other processes have signals of their own.
 */
import type { Command } from "../../db/commands.ts";
import { StoreError } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import type { Actor, ActorSystem, Context, Ref } from "../runtime/actor.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { learnOutcome } from "./profile_outcomes.ts";

/** `hinted`: some charge points have signals. `all`: look at every one. */
export type SmartChargingMail = "hinted" | "all";

/** What is in doubt or waits for a transaction is little, and looked at so often. */
const LOOK_EVERY_MS = 10_000;

/** One look of so many is at every TxProfile. Readers do not see one whose transaction is over: removing it is not urgent. */
const LOOKS_PER_FULL_LOOK = 6;

/** While the database is away it is asked this often. */
const TRY_AGAIN_MS = 1000;

/** A remote start that came to nothing is hidden at once and kept so long, because its start may only be late to arrive. */
const KEEP_UNSTARTED_MS = 24 * 3600 * 1000;

/** What may have happened to the profiles of a charge point. */
type Hint = "started" | "ended" | "settled";

/** Charge points with signals that nobody has looked at. */
type Hints = Map<Hint, Set<string>>;

const PROFILE_ACTIONS = ["SetChargingProfile", "ClearChargingProfile", "RemoteStartTransaction"];

/** Starts the actor. */
export function keepChargingProfiles(system: ActorSystem, store: Store, signals: Signals): Ref<SmartChargingMail> {
  const hints: Hints = new Map();
  const actor = system.spawn<SmartChargingMail>("smart charging", (context) => {
    hints.clear();
    return smartCharging(context, store, hints);
  }, { restartsPerMinute: 60 });
  signals.listen((item) => {
    const hint = hintOf(item);
    if (!hint || item.kind === "idTagChanged") return;
    const isFirst = hints.size === 0;
    hints.set(hint, (hints.get(hint) ?? new Set()).add(item.chargePoint));
    if (isFirst) actor.tell("hinted");
  });
  return actor;
}

function hintOf(item: Signal): Hint | undefined {
  switch (item.kind) {
    case "transactionStarted":
      return "started";
    case "transactionEnded":
      return "ended";
    case "commandSettled":
      return PROFILE_ACTIONS.includes(item.command.action) && leavesDoubt(item.command) ? "settled" : undefined;
    default:
      return undefined;
  }
}

/** Whoever received an answer has written it down already; where that failed, the next look finds it. */
function leavesDoubt({ state }: Command): boolean {
  return state !== "answered" && state !== "callError";
}

function smartCharging(
  context: Context<SmartChargingMail>,
  store: Store,
  hints: Hints,
): Actor<SmartChargingMail> {
  let looks = 0;
  let cancelLook = context.after(0, "all");
  const lookIn = (ms: number) => {
    cancelLook();
    cancelLook = context.after(ms, "all");
  };
  return {
    async receive(mail) {
      const hinted = new Map(hints);
      hints.clear();
      const now = context.clock.now();
      try {
        if (mail === "hinted") return await keep(store, now, (hint) => [...hinted.get(hint) ?? []]);
        const isFull = looks % LOOKS_PER_FULL_LOOK === 0;
        await keep(store, now, (hint) => hint === "ended" && !isFull ? [] : null);
        await store.chargingProfiles.dropUnstarted(new Date(now.getTime() - KEEP_UNSTARTED_MS));
        looks++;
        lookIn(LOOK_EVERY_MS);
      } catch (error) {
        // An outage is no failure of ours. What the hints said is found by looking at everything.
        if (!(error instanceof StoreError)) throw error;
        looks = 0;
        lookIn(TRY_AGAIN_MS);
      }
    },
  };
}

/** Where to look for the consequences of a hint; null: everywhere. */
type Where = (hint: Hint) => readonly string[] | null;

/** Outcomes first: whether a remote start was accepted is better known before its profile is bound. */
async function keep(store: Store, now: Date, where: Where): Promise<void> {
  const { chargingProfiles } = store;
  const settled = where("settled");
  if (!isNowhere(settled)) {
    for (const command of await chargingProfiles.findUnsettled(settled)) {
      await learnOutcome(store, command, { settledAt: command.settledAt, now });
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
