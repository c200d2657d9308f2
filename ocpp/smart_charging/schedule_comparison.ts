/**
 * What a charge point answered to GetCompositeSchedule beside what we reckoned. The two are compared as functions of time: charge points
 * answer with redundant periods, in another unit, for a second less than asked, or a second off. A charge point has limits of its own, so
 * below ours is right; above ours, something is not installed as we think.
 */
import { parseDateTime } from "../types/date_time.ts";
import type { ReportedChargingSchedule } from "../types/charging_schedule.ts";
import { type ChargingLimit, inUnit, NOMINAL_VOLTAGE, PHASES_WHEN_ABSENT } from "./charging_limit.ts";
import type { CompositePeriod } from "./composite_schedule.ts";

/** A stretch in which the two differ; null: no limit. In our unit. */
export interface Difference {
  /** Seconds from the start of the charge point's schedule. */
  readonly startPeriod: number;
  readonly endPeriod: number;
  readonly ours: number | null;
  readonly chargePoint: number | null;
  readonly relation: "lower" | "higher";
}

/** Ours, over the same time as the charge point's. */
export interface Compared {
  readonly periods: readonly CompositePeriod[];
  readonly durationSeconds: number;
  readonly chargingRateUnit: ChargingLimit["unit"];
  readonly nominalVoltage?: number;
}

/** Boundaries that are off by so much are no difference. */
const TOLERANCE_SECONDS = 2;

/** Limits are rounded to a tenth of an ampere, and to a watt. */
const TOLERANCE = { A: 0.1, W: 1 };

/** When the charge point's schedule begins, by its own clock; undefined when it does not say or nobody can read it. */
export function startOfReported(scheduleStart: string | undefined): Date | undefined {
  return scheduleStart === undefined ? undefined : parseDateTime(scheduleStart)?.instant;
}

/** The stretches of more than 2 s in which a charge point's schedule is above ours, or below. */
export function differences(ours: Compared, reported: ReportedChargingSchedule): Difference[] {
  const theirs = reported.chargingSchedulePeriod.toSorted((a, b) => a.startPeriod - b.startPeriod);
  const end = Math.min(ours.durationSeconds, reported.duration || ours.durationSeconds);
  const boundaries = [...ours.periods, ...theirs].map(({ startPeriod }) => startPeriod).filter((at) => at < end);
  const points = [...new Set(boundaries)].sort((a, b) => a - b);
  const found: Difference[] = [];
  points.forEach((startPeriod, index) => {
    const our = ours.periods.findLast((period) => period.startPeriod <= startPeriod);
    const their = theirs.findLast((period) => period.startPeriod <= startPeriod);
    if (!our || !their) return;
    const differing = compared(our, { ...their, unit: reported.chargingRateUnit }, ours);
    if (differing) found.push({ startPeriod, endPeriod: points[index + 1] ?? end, ...differing });
  });
  return longEnough(found);
}

function compared(
  { limit, numberPhases }: CompositePeriod,
  their: { readonly limit: number; readonly numberPhases?: number; readonly unit: ChargingLimit["unit"] },
  { chargingRateUnit: unit, nominalVoltage: voltage = NOMINAL_VOLTAGE }: Compared,
): Omit<Difference, "startPeriod" | "endPeriod"> | undefined {
  // Some leave numberPhases out whatever it is; then it is taken to be as here.
  const phases = their.numberPhases || (limit === null ? PHASES_WHEN_ABSENT : numberPhases);
  const [ours, theirs] = [limit ?? Infinity, valueOf({ ...their, numberPhases: phases }, unit, voltage)];
  // A tenth of an ampere is more than a watt, should they reckon in amperes.
  const tolerance = their.unit === "A" && unit === "W"
    ? inUnit({ ...TENTH, numberPhases: phases }, unit, phases, voltage)
    : TOLERANCE[unit];
  if (theirs === ours || Math.abs(theirs - ours) <= tolerance) return undefined;
  return {
    ours: limit,
    chargePoint: theirs === Infinity ? null : theirs,
    relation: theirs > ours ? "higher" : "lower",
  };
}

const TENTH = { limit: TOLERANCE.A, unit: "A" } as const;

/** A limit below zero is how some write that there is none. */
function valueOf(their: ChargingLimit, unit: ChargingLimit["unit"], voltage: number): number {
  return their.limit < 0 ? Infinity : inUnit(their, unit, their.numberPhases, voltage);
}

/** Neighbours on the same side of ours are one, which counts when it lasts. */
function longEnough(found: readonly Difference[]): Difference[] {
  const runs: Difference[][] = [];
  for (const difference of found) {
    const last = runs.at(-1)?.at(-1);
    const goesOn = last?.endPeriod === difference.startPeriod && last.relation === difference.relation;
    if (goesOn) runs.at(-1)!.push(difference);
    else runs.push([difference]);
  }
  return runs.filter((run) => run.at(-1)!.endPeriod - run[0]!.startPeriod > TOLERANCE_SECONDS).flat();
}
