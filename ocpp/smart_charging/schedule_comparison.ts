/**
 * Compares a charge point's answer to GetCompositeSchedule with the computed schedule. They are compared as functions of time, because a charge
 * point may answer with redundant periods, in another unit, for a second less than requested, or shifted by a second. A lower limit is
 * plausible, because a charge point has limits of its own. A higher limit shows that other profiles are installed than expected.
 */
import { parseDateTime } from "../types/date_time.ts";
import type { ReportedChargingSchedule } from "../types/charging_schedule.ts";
import { type ChargingLimit, inUnit, NOMINAL_VOLTAGE, PHASES_WHEN_ABSENT } from "./charging_limit.ts";
import type { CompositePeriod } from "./composite_schedule.ts";

/** An interval in which the two differ. Limits are in the unit of the computed schedule; null: no limit. */
export interface Difference {
  /** Seconds from the start of the charge point's schedule. */
  readonly startPeriod: number;
  readonly endPeriod: number;
  readonly ours: number | null;
  readonly chargePoint: number | null;
  readonly relation: "lower" | "higher";
}

/** The computed schedule for the same time as the charge point's. */
export interface ComputedSchedule {
  readonly periods: readonly CompositePeriod[];
  readonly durationSeconds: number;
  readonly chargingRateUnit: ChargingLimit["unit"];
  readonly nominalVoltage?: number;
}

/** A boundary may be shifted by this much. */
const TOLERANCE_SECONDS = 2;

/** Limits are rounded to 0.1 A or 1 W. */
const TOLERANCE = { A: 0.1, W: 1 };

/** The start of the charge point's schedule by its own clock; undefined: absent or unreadable. */
export function startOfReported(scheduleStart: string | undefined): Date | undefined {
  return scheduleStart === undefined ? undefined : parseDateTime(scheduleStart)?.instant;
}

/** The intervals longer than 2 s in which the charge point's schedule is above or below the computed one. */
export function differences(computed: ComputedSchedule, reported: ReportedChargingSchedule): Difference[] {
  const reportedPeriods = reported.chargingSchedulePeriod.toSorted((a, b) => a.startPeriod - b.startPeriod);
  const end = Math.min(computed.durationSeconds, reported.duration || computed.durationSeconds);
  const boundaries = [...computed.periods, ...reportedPeriods].map(({ startPeriod }) => startPeriod).filter((at) =>
    at < end
  );
  const points = [...new Set(boundaries)].sort((a, b) => a - b);
  const found: Difference[] = [];
  points.forEach((startPeriod, index) => {
    const computedPeriod = computed.periods.findLast((period) => period.startPeriod <= startPeriod);
    const reportedPeriod = reportedPeriods.findLast((period) => period.startPeriod <= startPeriod);
    if (!computedPeriod || !reportedPeriod) return;
    const difference = differenceOf(computedPeriod, { ...reportedPeriod, unit: reported.chargingRateUnit }, computed);
    if (difference) found.push({ startPeriod, endPeriod: points[index + 1] ?? end, ...difference });
  });
  return longEnough(found);
}

function differenceOf(
  { limit, numberPhases }: CompositePeriod,
  reported: { readonly limit: number; readonly numberPhases?: number; readonly unit: ChargingLimit["unit"] },
  { chargingRateUnit: unit, nominalVoltage: voltage = NOMINAL_VOLTAGE }: ComputedSchedule,
): Omit<Difference, "startPeriod" | "endPeriod"> | undefined {
  // Some charge points always omit numberPhases. Then the number of the computed schedule is assumed.
  const phases = reported.numberPhases || (limit === null ? PHASES_WHEN_ABSENT : numberPhases);
  const [computedLimit, reportedLimit] = [
    limit ?? Infinity,
    valueOf({ ...reported, numberPhases: phases }, unit, voltage),
  ];
  // A charge point that calculates in amperes rounds to 0.1 A, which is more than 1 W.
  const tolerance = reported.unit === "A" && unit === "W"
    ? inUnit({ ...TENTH, numberPhases: phases }, unit, phases, voltage)
    : TOLERANCE[unit];
  if (reportedLimit === computedLimit || Math.abs(reportedLimit - computedLimit) <= tolerance) return undefined;
  return {
    ours: limit,
    chargePoint: reportedLimit === Infinity ? null : reportedLimit,
    relation: reportedLimit > computedLimit ? "higher" : "lower",
  };
}

const TENTH = { limit: TOLERANCE.A, unit: "A" } as const;

/** Some charge points report no limit as a negative limit. */
function valueOf(reported: ChargingLimit, unit: ChargingLimit["unit"], voltage: number): number {
  return reported.limit < 0 ? Infinity : inUnit(reported, unit, reported.numberPhases, voltage);
}

/** Drops differences that are too short. Neighbouring differences in the same direction count as one. */
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
