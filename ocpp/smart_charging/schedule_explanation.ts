/**
 * Why a composite schedule is what it is: for each stretch the profile that set it, and every other one that could have, with
 * the reason why it did not.
 */
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import {
  type CompositePeriod,
  type LimitAt,
  limitAt,
  prepare,
  type Prepared,
  shown,
  type Situation,
  steps,
  type Window,
} from "./composite_schedule.ts";
import type { InstalledProfile } from "./installed_profile.ts";
import { type ScheduledTransaction, type Silence, type TimedProfile, verdictAt } from "./profile_at.ts";
import type { ConnectorStacks, ProfileStack } from "./profile_stack.ts";

/** Why a profile did not set the limit. The keys are stable. */
export const REASONS = {
  notYetValid: "Its validFrom lies ahead",
  noLongerValid: "Its validTo is over",
  beforeStart: "Its schedule has not started",
  afterDuration: "Its schedule is over",
  gap: "Its schedule is over until it recurs",
  noTransaction: "No transaction runs that it could apply to",
  otherTransaction: "It is for another transaction",
  lowerStackLevel: "A higher stack level of the same purpose has a limit",
  txProfileSpeaks: "A TxProfile has a limit, which goes before TxDefaultProfiles",
  replacedOnConnector: "The connector has a TxDefaultProfile of its own at this stack level",
  limitNotSmaller: "What others allow is smaller, or the same",
  sumUnlimited: "Another connector has no limit, so that the sum over the connectors is none",
  misplaced: "Its purpose has no meaning on the connector that it is installed on",
} as const satisfies Record<Silence, string> & Record<string, string>;

/** One of the words above. */
export type Reason = keyof typeof REASONS;

/** A profile that set a limit. For a sum there is one of each connector, where one speaks. */
export interface Setter {
  readonly chargingProfileId: number;
  /** The connector that it speaks for; 0: the whole charge point. */
  readonly connectorId: number;
}

/** A profile that did not. */
export interface Beaten extends Setter {
  readonly reason: Reason;
}

/** A stretch in which the same profiles win and lose for the same reasons. */
export interface Explanation extends CompositePeriod {
  readonly setBy: readonly Setter[];
  readonly beaten: readonly Beaten[];
}

/** Explains a composite schedule. Stretches may be shorter than its periods: a limit can stay when its reason changes. */
export function explain(situation: Situation, window: Window): Explanation[] {
  const prepared = prepare(situation);
  const misplaced = situation.installed.filter((one) => isMisplaced(one)).map(({ connectorId, profile }): Beaten => ({
    chargingProfileId: profile.chargingProfileId,
    connectorId,
    reason: "misplaced",
  }));
  const concerned = misplaced.filter(({ connectorId }) => prepared.whole || connectorId === situation.connectorId);
  const explanations: Explanation[] = [];
  for (const { startPeriod, limit, verdicts } of steps(window, (at) => judge(prepared, at))) {
    const { setBy, beaten } = verdicts;
    const next = { startPeriod, ...shown(limit.combined), setBy, beaten: [...beaten, ...concerned] };
    const last = explanations.at(-1);
    if (!last || !isSame(last, next)) explanations.push(next);
  }
  return explanations;
}

/** ChargePointMaxProfiles belong to connector 0, TxProfiles to a connector above it. */
export function isMisplaced({ connectorId, profile: { chargingProfilePurpose: purpose } }: InstalledProfile): boolean {
  if (purpose === "TxDefaultProfile") return false;
  return (purpose === "TxProfile") === (connectorId === WHOLE_CHARGE_POINT);
}

interface Judged {
  readonly limit: LimitAt;
  readonly verdicts: Pick<Explanation, "setBy" | "beaten">;
  readonly until: number;
}

function judge(prepared: Prepared, at: number): Judged {
  const limit = limitAt(prepared, at);
  const { decidedBy } = limit.combined;
  const verdicts = new Verdicts(at);
  verdicts.hear(prepared.max, { connectorId: WHOLE_CHARGE_POINT }, {
    winner: limit.max?.by,
    whyItLoses: decidedBy === "chargePoint" ? undefined : "limitNotSmaller",
  });
  const isSumKnown = prepared.reckoning.rated !== undefined || limit.parts.every(({ heard }) => heard);
  const lost: Reason = isSumKnown || !prepared.whole ? "limitNotSmaller" : "sumUnlimited";
  prepared.connectors.forEach((stacks, index) => {
    const winner = limit.parts[index]?.heard?.by;
    verdicts.hearConnector(stacks, { winner, whyItLoses: decidedBy === "transaction" ? undefined : lost });
  });
  return { limit, verdicts, until: Math.min(limit.until, verdicts.until) };
}

/** Who is heard in a stack, and why it does not set the limit all the same; undefined: it does. */
interface Winning {
  readonly winner: TimedProfile | undefined;
  readonly whyItLoses: Reason | undefined;
}

/** Asks every profile, also those that nobody needs to ask for the limit alone. */
class Verdicts {
  readonly setBy: Setter[] = [];
  readonly beaten: Beaten[] = [];
  until = Infinity;

  constructor(readonly at: number) {}

  hearConnector(stacks: ConnectorStacks, winning: Winning): void {
    const { connectorId, transaction, txProfiles, txDefaults, replaced } = stacks;
    if (!transaction) {
      for (const profile of [...txProfiles, ...txDefaults]) this.#lose(profile, connectorId, "noTransaction");
    } else {
      const ownSpeaks = winning.winner !== undefined && txProfiles.includes(winning.winner);
      this.hear(txProfiles, stacks, winning);
      this.hear(txDefaults, stacks, winning, ownSpeaks ? "txProfileSpeaks" : "lowerStackLevel");
    }
    for (const profile of replaced) this.#lose(profile, connectorId, "replacedOnConnector");
  }

  hear(
    stack: ProfileStack,
    { connectorId, transaction }: { readonly connectorId: number; readonly transaction?: ScheduledTransaction },
    { winner, whyItLoses }: Winning,
    whyOthersLose: Reason = "lowerStackLevel",
  ): void {
    for (const profile of stack) {
      const verdict = verdictAt(profile, this.at, transaction);
      this.until = Math.min(this.until, verdict.until);
      const reason = "silence" in verdict ? verdict.silence : profile === winner ? whyItLoses : whyOthersLose;
      if (reason) this.#lose(profile, connectorId, reason);
      else this.setBy.push({ chargingProfileId: idOf(profile), connectorId });
    }
  }

  #lose(profile: TimedProfile, connectorId: number, reason: Reason): void {
    this.beaten.push({ chargingProfileId: idOf(profile), connectorId, reason });
  }
}

function idOf({ installed }: TimedProfile): number {
  return installed.profile.chargingProfileId;
}

function isSame(one: Explanation, { startPeriod: _, ...other }: Explanation): boolean {
  const { startPeriod: __, ...rest } = one;
  return JSON.stringify(rest) === JSON.stringify(other);
}
