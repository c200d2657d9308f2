/**
 * A limit and its units (7.14, errata 3.34, 3.68, 3.70): watts are the sum over the phases, amperes are per phase. Between the two stand
 * the nominal voltage, never a measured one, and a number of phases.
 */
import type { z } from "zod";
import type { ChargingRateUnit as Schema } from "../types/charging_schedule.ts";

/** `A` or `W`. */
export type ChargingRateUnit = z.output<typeof Schema>;

/** What may be drawn: in a unit, over so many phases. */
export interface ChargingLimit {
  readonly limit: number;
  readonly unit: ChargingRateUnit;
  readonly numberPhases: number;
}

/** 7.14: numberPhases when it is absent. */
export const PHASES_WHEN_ABSENT = 3;

/** Volts between a phase and neutral. */
export const NOMINAL_VOLTAGE = 230;

/** The number of a limit in another unit, as if it were over `numberPhases`. Exact where nothing is to be converted. */
export function inUnit(
  { limit, unit }: ChargingLimit,
  wanted: ChargingRateUnit,
  numberPhases: number,
  voltage: number,
): number {
  if (unit === wanted) return limit;
  return wanted === "W" ? limit * voltage * numberPhases : limit / (voltage * numberPhases);
}

/** One digit after the point, never upwards (7.14). The small addition gives back what binary fractions lose. */
export function roundedDown(limit: number): number {
  return Math.floor(limit * 10 + 1e-6) / 10;
}
