/**
 * A limit and its units (7.14, errata 3.34, 3.68, 3.70): watts are the sum over the phases, amperes are per phase. The conversion uses the
 * nominal voltage, never a measured one, and the number of phases.
 */
import type { z } from "zod";
import type { ChargingRateUnit as Schema } from "../types/charging_schedule.ts";

/** The unit of a limit: `A` or `W`. */
export type ChargingRateUnit = z.output<typeof Schema>;

/** A maximum of current or power, on a number of phases. */
export interface ChargingLimit {
  readonly limit: number;
  readonly unit: ChargingRateUnit;
  readonly numberPhases: number;
}

/** The number of phases when numberPhases is absent (7.14). */
export const PHASES_WHEN_ABSENT = 3;

/** The default voltage between a phase and neutral, in volts. */
export const NOMINAL_VOLTAGE = 230;

/** Converts the number of a limit to another unit on `numberPhases` phases. In the same unit it stays exact. */
export function inUnit(
  { limit, unit }: ChargingLimit,
  wanted: ChargingRateUnit,
  numberPhases: number,
  voltage: number,
): number {
  if (unit === wanted) return limit;
  return wanted === "W" ? limit * voltage * numberPhases : limit / (voltage * numberPhases);
}

/** Rounds down to one digit after the decimal point (7.14). The small addition compensates for errors of binary fractions. */
export function roundedDown(limit: number): number {
  return Math.floor(limit * 10 + 1e-6) / 10;
}
