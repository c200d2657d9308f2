/** Charging profiles in few words, and composite schedules as rows. */
import type { CompositePeriod } from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import type { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";

/** startPeriod, limit (null: none), numberPhases (absent in a profile: not said). */
export type Row = readonly [startPeriod: number, limit: number | null, numberPhases?: number];

/** What may be said of a profile besides its purpose, level and rows. */
export interface Said {
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

/** Long before any test's time. */
export const ALWAYS = "2020-01-01T00:00:00.000Z";

let lastId = 0;

/** A profile on connector 0 when it is a maximum, else on connector 1; in amperes, for ever. */
export function profile(
  purpose: keyof typeof PURPOSES,
  stackLevel: number,
  rows: readonly Row[],
  { connectorId, kind = "Absolute", start, duration, unit = "A", id = ++lastId, ...more }: Said = {},
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

/** Periods as rows; three phases go without saying. */
export function rowsOf(periods: readonly CompositePeriod[]): Row[] {
  return periods.map(({ startPeriod, limit, numberPhases }): Row =>
    numberPhases === 3 ? [startPeriod, limit] : [startPeriod, limit, numberPhases]
  );
}
