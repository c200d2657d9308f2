/**
 * How a firmware campaign goes on: by counting its targets. Targets belong to waves; a wave is released when nothing of the waves before it is under way
 * any more, and the campaign is given up when too many of those released have failed. Charge points that are away hold nobody up.
 */
import { FAILURES, type TargetOutcome } from "./firmware_target.ts";

/** So many targets of a wave are in this state. Wave 0 are those that were left out from the beginning. */
export interface TargetCount {
  readonly wave: number;
  readonly state: "waiting" | "commanded" | "ended";
  readonly outcome: TargetOutcome | null;
  readonly count: number;
}

/** What the counts say. `released` are the targets of the waves that have begun. */
export interface Progress {
  /** Those that are not left out. */
  readonly targets: number;
  readonly released: number;
  /** Of the released ones, those that have not ended. */
  readonly open: number;
  readonly waiting: number;
  readonly commanded: number;
  readonly installed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of all that ended, by outcome. */
  readonly outcomes: Partial<Record<TargetOutcome, number>>;
}

/** What is looked at to go on. `wave` counts from 1; 0: none is released. */
export interface Course {
  readonly state: string;
  readonly wave: number;
  /** Percent of the targets that belong to this wave and those before it, rising to 100. */
  readonly waves: readonly number[];
  /** Percent. */
  readonly abortAboveFailures: number;
}

export type Step =
  | { readonly kind: "release" | "complete" | "none" }
  | { readonly kind: "abort"; readonly reason: string };

/** Adds the counts up. */
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

/** The next step. `isHeld`: some released target waits that could be sent to now, or will be tried again. */
export function nextStep(course: Course, progress: Progress, isHeld: boolean): Step {
  const { state, wave, waves, abortAboveFailures } = course;
  const { released, open, installed, failed, waiting, commanded } = progress;
  if (state !== "running" && state !== "paused") return { kind: "none" };
  // Of those released, and not of those that ended: the share can then only rise while a wave goes on, and one early failure is not 100 percent.
  if (failed * 100 > abortAboveFailures * released) {
    const reason = `${failed} of ${released} targets so far have failed, more than ${abortAboveFailures} percent`;
    return { kind: "abort", reason };
  }
  if (waiting === 0 && commanded === 0) return { kind: "complete" };
  // A wave of which everybody is away has shown nothing yet.
  const isTried = installed + failed > 0 || open === 0;
  const isOver = commanded === 0 && !isHeld && isTried;
  return { kind: state === "running" && wave < waves.length && isOver ? "release" : "none" };
}
