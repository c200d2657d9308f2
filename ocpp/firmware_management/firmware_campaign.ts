/**
 * Decides the next step of a firmware campaign from the counts of its targets. Targets belong to waves. A wave is released when no target of
 * the earlier waves is in progress. The campaign is aborted when too many released targets have failed. Offline charge points do not
 * delay a wave.
 */
import { FAILURES, type TargetOutcome } from "./firmware_target.ts";

/** The number of targets of a wave in one state. Wave 0 has the targets that were skipped from the beginning. */
export interface TargetCount {
  readonly wave: number;
  readonly state: "waiting" | "commanded" | "ended";
  readonly outcome: TargetOutcome | null;
  readonly count: number;
}

/** The sums of the counts. `released` are the targets of the released waves. */
export interface Progress {
  /** The targets that are not skipped. */
  readonly targets: number;
  readonly released: number;
  /** The released targets that have not ended. */
  readonly open: number;
  readonly waiting: number;
  readonly commanded: number;
  readonly installed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The ended targets by outcome. */
  readonly outcomes: Partial<Record<TargetOutcome, number>>;
}

/** The state and the settings of a campaign. `wave` is the last released one, counted from 1; 0: none. */
export interface CampaignState {
  readonly state: string;
  readonly wave: number;
  /** For each wave the cumulative percentage of targets, rising to 100. */
  readonly waves: readonly number[];
  /** In percent of the released targets. */
  readonly abortAboveFailures: number;
}

/** The next step of a campaign. */
export type Step =
  | { readonly kind: "release" | "complete" | "none" }
  | { readonly kind: "abort"; readonly reason: string };

/** Sums the counts up. */
export function progressOf(counts: readonly TargetCount[], wave: number): Progress {
  const sum = (wanted: (each: TargetCount) => boolean) =>
    counts.filter(wanted).reduce((total, { count }) => total + count, 0);
  const outcomes: Partial<Record<TargetOutcome, number>> = {};
  for (const { outcome, count } of counts) {
    if (outcome !== null) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  }
  return {
    targets: sum((each) => each.wave > 0),
    released: sum((each) => each.wave > 0 && each.wave <= wave),
    open: sum((each) => each.wave > 0 && each.wave <= wave && each.state !== "ended"),
    waiting: sum(({ state }) => state === "waiting"),
    commanded: sum(({ state }) => state === "commanded"),
    installed: outcomes.installed ?? 0,
    failed: sum(({ outcome }) => outcome !== null && FAILURES.includes(outcome)),
    skipped: outcomes.skipped ?? 0,
    outcomes,
  };
}

/** Decides the next step. `isWaiting`: a waiting target of a released wave is connected, or will be retried. */
export function nextStep(campaign: CampaignState, progress: Progress, isWaiting: boolean): Step {
  const { state, wave, waves, abortAboveFailures } = campaign;
  const { released, open, installed, failed, waiting, commanded } = progress;
  if (state !== "running" && state !== "paused") return { kind: "none" };
  // The share is of the released targets, not of the ended ones. So it only rises during a wave, and one early failure is not 100 percent.
  if (failed * 100 > abortAboveFailures * released) {
    const reason = `${failed} of ${released} targets so far have failed, more than ${abortAboveFailures} percent`;
    return { kind: "abort", reason };
  }
  if (waiting === 0 && commanded === 0) return { kind: "complete" };
  // A wave whose targets are all offline is not a test of the firmware.
  const isTried = installed + failed > 0 || open === 0;
  const isOver = commanded === 0 && !isWaiting && isTried;
  return { kind: state === "running" && wave < waves.length && isOver ? "release" : "none" };
}
