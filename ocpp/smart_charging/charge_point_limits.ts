/**
 * The limits of a charge point for charging profiles, from four configuration keys (9.3). They are only used for warnings: the charge point
 * decides which profiles it accepts. An unknown key is no limit.
 */
import type { ChargingRateUnit } from "./charging_limit.ts";

/** Limits that the charge point reported; undefined: not known. */
export interface ChargePointLimits {
  /** ChargeProfileMaxStackLevel; also limits the number of profiles of one purpose. */
  readonly maxStackLevel?: number;
  /** MaxChargingProfilesInstalled: the number of all profiles. */
  readonly maxInstalled?: number;
  /** ChargingScheduleMaxPeriods: the number of periods of one schedule. */
  readonly maxPeriods?: number;
  /** ChargingScheduleAllowedChargingRateUnit: the accepted units. */
  readonly units?: readonly ChargingRateUnit[];
}

/** Reads the limits from a configuration. An invalid value counts as not known. */
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

/** Errata 3.86: `Current` is A and `Power` is W. Some charge points use `A` and `W`. */
function unitsOf(list: string): ChargingRateUnit[] {
  const words = list.toLowerCase().split(",").map((word) => word.trim());
  const units: ChargingRateUnit[] = [];
  if (words.includes("current") || words.includes("a")) units.push("A");
  if (words.includes("power") || words.includes("w")) units.push("W");
  return units;
}
