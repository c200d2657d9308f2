/** Short notations for tests: a builder of charging profiles, and composite schedules as rows. */
import type { CompositePeriod } from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import type { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";

/** A period: startPeriod, limit (null: none), numberPhases (optional in a profile). */
export type Row = readonly [startPeriod: number, limit: number | null, numberPhases?: number];

/** The optional fields of a profile. */
export interface ProfileOptions {
  readonly connectorId?: number;
  readonly kind?: "Absolute" | "Relative" | "Daily" | "Weekly";
  readonly start?: string;
  readonly duration?: number;
  readonly unit?: "A" | "W";
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly transactionId?: number;
  readonly id?: number;
}

const PURPOSES = { Max: "ChargePointMaxProfile", TxDefault: "TxDefaultProfile", Tx: "TxProfile" } as const;

/** A startSchedule before the time of every test. */
export const ALWAYS = "2020-01-01T00:00:00.000Z";

let lastId = 0;

/** Builds an installed profile. Default: Absolute, in amperes, without an end; a ChargePointMaxProfile on connector 0, others on connector 1. */
export function profile(
  purpose: keyof typeof PURPOSES,
  stackLevel: number,
  rows: readonly Row[],
  { connectorId, kind = "Absolute", start, duration, unit = "A", id = ++lastId, ...more }: ProfileOptions = {},
): InstalledProfile {
  const recurs = kind === "Daily" || kind === "Weekly";
  const made: ChargingProfile = {
    chargingProfileId: id,
    stackLevel,
    chargingProfilePurpose: PURPOSES[purpose],
    chargingProfileKind: recurs ? "Recurring" : kind,
    ...(recurs && { recurrencyKind: kind }),
    ...more,
    chargingSchedule: {
      ...(duration !== undefined && { duration }),
      ...(kind !== "Relative" && { startSchedule: start ?? ALWAYS }),
      chargingRateUnit: unit,
      chargingSchedulePeriod: rows.map(([startPeriod, limit, numberPhases]) => ({
        startPeriod,
        limit: limit!,
        ...(numberPhases !== undefined && { numberPhases }),
      })),
    },
  };
  return { connectorId: connectorId ?? (purpose === "Max" ? 0 : 1), profile: made };
}

/** The periods of a composite schedule as rows; numberPhases is omitted when it is 3. */
export function rowsOf(periods: readonly CompositePeriod[]): Row[] {
  return periods.map(({ startPeriod, limit, numberPhases }): Row =>
    numberPhases === 3 ? [startPeriod, limit] : [startPeriod, limit, numberPhases]
  );
}
