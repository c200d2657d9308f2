/**
 * Explains a composite schedule: for each interval the profiles that set the limit, and every other profile with the reason why it did not.
 */
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import {
  type CompositePeriod,
  type LimitAt,
  limitAt,
  prepare,
  type Prepared,
  type Situation,
  steps,
  toPeriod,
  type Window,
} from "./composite_schedule.ts";
import type { InstalledProfile } from "./installed_profile.ts";
import { evaluateAt, type NoLimitReason, type ScheduledTransaction, type TimedProfile } from "./profile_at.ts";
import type { ConnectorStacks, ProfileStack } from "./profile_stack.ts";

/** The reasons why a profile did not set the limit, each with a sentence for the operator. The keys are stable. */
export const REASONS = {
  notYetValid: "Its validFrom is in the future",
  noLongerValid: "Its validTo has passed",
  beforeStart: "Its schedule has not started",
  afterDuration: "Its schedule has ended",
  gap: "Its schedule has ended and starts again at the next recurrence",
  noTransaction: "There is no running transaction that it applies to",
  otherTransaction: "It applies to another transaction",
  lowerStackLevel: "A profile of the same purpose on a higher stack level has a limit",
  txProfileSpeaks: "A TxProfile has a limit and takes precedence over TxDefaultProfiles",
  replacedOnConnector: "The connector has a TxDefaultProfile of its own at this stack level",
  limitNotSmaller: "The limit of another profile is smaller or equal",
  sumUnlimited: "Another connector has no limit, so the sum over the connectors is unlimited",
  misplaced: "Its purpose has no meaning on the connector that it is installed on",
} as const satisfies Record<NoLimitReason, string> & Record<string, string>;

/** One of the keys above. */
export type Reason = keyof typeof REASONS;

/** A profile that sets a limit. A sum over connectors has one for each connector with a limit. */
export interface Setter {
  readonly chargingProfileId: number;
  /** The connector whose limit it sets; 0: the whole charge point. */
  readonly connectorId: number;
}

/** A profile that does not set the limit. */
export interface Beaten extends Setter {
  readonly reason: Reason;
}

/** An interval in which the same profiles set the limit, and the others do not for the same reasons. */
export interface Explanation extends CompositePeriod {
  readonly setBy: readonly Setter[];
  readonly beaten: readonly Beaten[];
}

/** Explains a composite schedule. Intervals may be shorter than its periods: the reasons can change while the limit stays. */
export function explain(situation: Situation, window: Window): Explanation[] {
  const prepared = prepare(situation);
  const misplaced = situation.installed.filter((one) => isMisplaced(one)).map(({ connectorId, profile }): Beaten => ({
    chargingProfileId: profile.chargingProfileId,
    connectorId,
    reason: "misplaced",
  }));
  const misplacedHere = misplaced.filter(({ connectorId }) => prepared.whole || connectorId === situation.connectorId);
  const explanations: Explanation[] = [];
  for (const { startPeriod, limit, profiles } of steps(window, (at) => explainAt(prepared, at))) {
    const { setBy, beaten } = profiles;
    const next = { startPeriod, ...toPeriod(limit.combined), setBy, beaten: [...beaten, ...misplacedHere] };
    const last = explanations.at(-1);
    if (!last || !isSame(last, next)) explanations.push(next);
  }
  return explanations;
}

/** Whether a purpose has no meaning on its connector: ChargePointMaxProfiles belong to connector 0, TxProfiles to a connector above 0. */
export function isMisplaced({ connectorId, profile: { chargingProfilePurpose: purpose } }: InstalledProfile): boolean {
  if (purpose === "TxDefaultProfile") return false;
  return (purpose === "TxProfile") === (connectorId === WHOLE_CHARGE_POINT);
}

interface ExplainedInstant {
  readonly limit: LimitAt;
  readonly profiles: Pick<Explanation, "setBy" | "beaten">;
  readonly until: number;
}

function explainAt(prepared: Prepared, at: number): ExplainedInstant {
  const limit = limitAt(prepared, at);
  const { decidedBy } = limit.combined;
  const profiles = new Explainer(at);
  profiles.addStack(prepared.max, { connectorId: WHOLE_CHARGE_POINT }, {
    selected: limit.max?.by,
    notSetBecause: decidedBy === "chargePoint" ? undefined : "limitNotSmaller",
  });
  const isSumKnown = prepared.basis.rated !== undefined || limit.parts.every(({ selected }) => selected);
  const reason: Reason = isSumKnown || !prepared.whole ? "limitNotSmaller" : "sumUnlimited";
  prepared.connectors.forEach((stacks, index) => {
    const selected = limit.parts[index]?.selected?.by;
    profiles.addConnector(stacks, { selected, notSetBecause: decidedBy === "transaction" ? undefined : reason });
  });
  return { limit, profiles, until: Math.min(limit.until, profiles.until) };
}

/** The profile that a stack selects, and the reason why it does not set the combined limit; undefined: it does. */
interface StackResult {
  readonly selected: TimedProfile | undefined;
  readonly notSetBecause: Reason | undefined;
}

/** Evaluates every profile, also those on which the limit does not depend. */
class Explainer {
  readonly setBy: Setter[] = [];
  readonly beaten: Beaten[] = [];
  until = Infinity;

  constructor(readonly at: number) {}

  addConnector(stacks: ConnectorStacks, result: StackResult): void {
    const { connectorId, transaction, txProfiles, txDefaults, replaced } = stacks;
    if (!transaction) {
      for (const profile of [...txProfiles, ...txDefaults]) this.#addBeaten(profile, connectorId, "noTransaction");
    } else {
      const hasTxProfile = result.selected !== undefined && txProfiles.includes(result.selected);
      this.addStack(txProfiles, stacks, result);
      this.addStack(txDefaults, stacks, result, hasTxProfile ? "txProfileSpeaks" : "lowerStackLevel");
    }
    for (const profile of replaced) this.#addBeaten(profile, connectorId, "replacedOnConnector");
  }

  addStack(
    stack: ProfileStack,
    { connectorId, transaction }: { readonly connectorId: number; readonly transaction?: ScheduledTransaction },
    { selected, notSetBecause }: StackResult,
    othersNotSetBecause: Reason = "lowerStackLevel",
  ): void {
    for (const profile of stack) {
      const evaluation = evaluateAt(profile, this.at, transaction);
      this.until = Math.min(this.until, evaluation.until);
      const reason = "noLimit" in evaluation
        ? evaluation.noLimit
        : profile === selected
        ? notSetBecause
        : othersNotSetBecause;
      if (reason) this.#addBeaten(profile, connectorId, reason);
      else this.setBy.push({ chargingProfileId: idOf(profile), connectorId });
    }
  }

  #addBeaten(profile: TimedProfile, connectorId: number, reason: Reason): void {
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
