/**
 * The charging profiles of the certification cases of Smart Charging. The test case document says which purpose, kind and fields they have; the
 * values are examples.
 */
import type { Payload } from "./wire.ts";

const HOUR_MS = 3_600_000;

/** The time that is this many hours from now, rounded down to a full minute. */
function inHours(hours: number): string {
  return new Date(Math.floor(Date.now() / 60_000) * 60_000 + hours * HOUR_MS).toISOString();
}

/** An Absolute charging profile: validFrom, validTo, startSchedule and duration are present. */
export function absoluteProfile(purpose: string, given: Payload = {}): Payload {
  return {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: purpose,
    chargingProfileKind: "Absolute",
    validFrom: inHours(-1),
    validTo: inHours(24),
    chargingSchedule: {
      duration: 300,
      startSchedule: inHours(0),
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 6, numberPhases: 3 }],
    },
    ...given,
  };
}

/** A Relative charging profile: startSchedule is absent. */
export function relativeProfile(purpose: string, given: Payload = {}): Payload {
  const chargingSchedulePeriod = [{ startPeriod: 0, limit: 6000, numberPhases: 3 }];
  return {
    chargingProfileId: 2,
    stackLevel: 0,
    chargingProfilePurpose: purpose,
    chargingProfileKind: "Relative",
    chargingSchedule: { duration: 300, chargingRateUnit: "W", chargingSchedulePeriod },
    ...given,
  };
}

/** The path of a charge point's charging profiles in the API. */
export function profilesOf({ identity }: { readonly identity: string }): string {
  return `/v1/charge-points/${identity}/charging-profiles`;
}
