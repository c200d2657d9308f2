/**
 * What a charge point says that it can take of charging profiles: four configuration keys (9.3). What it has not said is no limit, and
 * what it has said is for warnings only: it knows best itself what it accepts.
 */
import type { ChargingRateUnit } from "./charging_limit.ts";

/** Undefined: not known. */
export interface ChargePointLimits {
  /** ChargeProfileMaxStackLevel; also the most profiles of one purpose. */
  readonly maxStackLevel?: number;
  /** MaxChargingProfilesInstalled. */
  readonly maxInstalled?: number;
  /** ChargingScheduleMaxPeriods. */
  readonly maxPeriods?: number;
  /** ChargingScheduleAllowedChargingRateUnit. */
  readonly units?: readonly ChargingRateUnit[];
}

/** Reads the keys out of a configuration. A value that is no number, or names no unit, counts as not said. */
export function chargePointLimits(
  configuration: Iterable<{ readonly key: string; readonly value: string | null }>,
): ChargePointLimits {
  const values = new Map(Array.from(configuration, ({ key, value }) => [key.toLowerCase(), value?.trim() ?? ""]));
  const number = (key: string) => {
    const value = values.get(key.toLowerCase()) ?? "";
    return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  };
  const units = unitsOf(values.get("chargingscheduleallowedchargingrateunit") ?? "");
  return {
    maxStackLevel: number("ChargeProfileMaxStackLevel"),
    maxInstalled: number("MaxChargingProfilesInstalled"),
    maxPeriods: number("ChargingScheduleMaxPeriods"),
    units: units.length > 0 ? units : undefined,
  };
}

/** Errata 3.86: `Current` is A and `Power` is W. Some write the units themselves. */
function unitsOf(list: string): ChargingRateUnit[] {
  const words = list.toLowerCase().split(",").map((word) => word.trim());
  const units: ChargingRateUnit[] = [];
  if (words.includes("current") || words.includes("a")) units.push("A");
  if (words.includes("power") || words.includes("w")) units.push("W");
  return units;
}
