/** Generates random installed profiles for property tests. Their boundaries often coincide. */
import { fc } from "../../packages/fast_check.ts";
import type { Situation } from "../../../ocpp/smart_charging/composite_schedule.ts";
import type { InstalledProfile } from "../../../ocpp/smart_charging/installed_profile.ts";
import type { ScheduledTransaction } from "../../../ocpp/smart_charging/profile_at.ts";
import type { ChargingProfile } from "../../../ocpp/types/charging_profile.ts";

/** All times are around this one, a Monday. */
const CENTRE_MS = Date.parse("2026-03-02T01:00:00.000Z");
const DAY_SECONDS = 86_400;

/** The grid of the times of a stack. */
export interface Scale {
  /** Boundaries are multiples of this, so that they coincide. */
  readonly gridSeconds: number;
  /** Length of the window, in steps of the grid. */
  readonly steps: number;
}

/** A situation and the time window of its schedule. */
export interface WindowedSituation {
  readonly situation: Situation & { readonly nominalVoltage: number };
  readonly window: { readonly from: Date; readonly durationSeconds: number };
}

/** A value that is absent in some cases. */
const sometimes = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** A time near the centre, sometimes between two seconds. */
function time({ gridSeconds, steps }: Scale): fc.Arbitrary<Date> {
  return fc.tuple(fc.integer({ min: -steps, max: steps }), fc.constantFrom(0, 0, 0, 0, 400, 999))
    .map(([step, ms]) => new Date(CENTRE_MS + step * gridSeconds * 1000 + ms));
}

function start(scale: Scale, kind: "Absolute" | "Daily" | "Weekly"): fc.Arbitrary<Date> {
  const every = kind === "Absolute" ? 0 : kind === "Daily" ? DAY_SECONDS : 7 * DAY_SECONDS;
  return fc.tuple(time(scale), fc.integer({ min: -1, max: 3 }))
    .map(([near, back]) => new Date(near.getTime() - back * every * 1000));
}

function periods({ gridSeconds, steps }: Scale, unit: "A" | "W") {
  const limit = unit === "A"
    ? fc.integer({ min: 0, max: 400 }).map((n) => n / 10)
    : fc.integer({ min: 0, max: 25_000 });
  const rows = fc.array(
    fc.record({
      startPeriod: fc.integer({ min: 0, max: steps }).map((step) => step * gridSeconds),
      limit,
      numberPhases: sometimes(fc.constantFrom(1, 2, 3)),
    }),
    { minLength: 1, maxLength: 4 },
  );
  return rows.map((all) => {
    const [first, ...others] = all.toSorted((one, other) => one.startPeriod - other.startPeriod);
    return [{ ...first!, startPeriod: 0 }, ...others];
  });
}

function installed(scale: Scale): fc.Arbitrary<InstalledProfile> {
  const kinds = fc.constantFrom("Absolute", "Relative", "Daily", "Weekly", "Daily" as const);
  return fc.tuple(kinds, fc.constantFrom("A", "W" as const)).chain(([kind, unit]) =>
    fc.record({
      connectorId: fc.integer({ min: 0, max: 2 }),
      purpose: fc.constantFrom("ChargePointMaxProfile", "TxDefaultProfile", "TxDefaultProfile", "TxProfile" as const),
      stackLevel: fc.integer({ min: 0, max: 3 }),
      validFrom: sometimes(time(scale)),
      validTo: sometimes(time(scale)),
      startSchedule: kind === "Relative" ? fc.constant(undefined) : start(scale, kind),
      duration: sometimes(fc.integer({ min: 0, max: scale.steps }).map((step) => step * scale.gridSeconds)),
      periods: periods(scale, unit),
      named: sometimes(fc.constantFrom(9, 10)),
      bound: sometimes(fc.constantFrom(9, 10)),
    }).map(
      ({ connectorId, purpose, startSchedule, periods, named, bound, validFrom, validTo, stackLevel, duration }) => {
        const profile: ChargingProfile = {
          chargingProfileId: 0,
          ...(purpose === "TxProfile" && named && { transactionId: named }),
          stackLevel,
          chargingProfilePurpose: purpose,
          chargingProfileKind: kind === "Daily" || kind === "Weekly" ? "Recurring" : kind,
          ...((kind === "Daily" || kind === "Weekly") && { recurrencyKind: kind }),
          validFrom: validFrom?.toISOString(),
          validTo: validTo?.toISOString(),
          chargingSchedule: {
            duration,
            startSchedule: startSchedule?.toISOString(),
            chargingRateUnit: unit,
            chargingSchedulePeriod: periods,
          },
        };
        // Most profiles are on a connector that fits their purpose, so that stacks get high.
        const where = purpose === "ChargePointMaxProfile" && connectorId < 2 ? 0 : connectorId;
        return { connectorId: where, profile, ...(purpose === "TxProfile" && bound && { transactionId: bound }) };
      },
    )
  );
}

/** Keeps one profile per purpose, level and connector (3.13.2), as a charge point does, and gives each a unique id. */
function asInstalled(all: readonly InstalledProfile[]): InstalledProfile[] {
  const slots = new Map(all.map((one) => {
    const { chargingProfilePurpose, stackLevel } = one.profile;
    return [`${one.connectorId} ${chargingProfilePurpose} ${stackLevel}`, one] as const;
  }));
  return [...slots.values()].map((one, index) => ({
    ...one,
    profile: { ...one.profile, chargingProfileId: index + 1 },
  }));
}

/** Situations with up to `most` profiles on two connectors, some of them in use. */
export function situations(scale: Scale, most: number): fc.Arbitrary<WindowedSituation> {
  const transaction: fc.Arbitrary<ScheduledTransaction> = fc.record(
    { transactionId: fc.constantFrom(9, 10, undefined), startedAt: time(scale) },
  );
  const ratedLimit = fc.record({
    limit: fc.constantFrom(16, 32, 7000),
    unit: fc.constantFrom("A", "W" as const),
    numberPhases: fc.constantFrom(1, 3),
  });
  return fc.record({
    installed: fc.array(installed(scale), { maxLength: most }).map(asInstalled),
    one: sometimes(transaction),
    two: sometimes(transaction),
    connectorId: fc.constantFrom(0, 1, 1, 2),
    chargingRateUnit: fc.constantFrom("A", "W" as const),
    nominalVoltage: fc.constantFrom(230, 110),
    ratedLimit: sometimes(ratedLimit),
    from: time({ ...scale, steps: Math.ceil(scale.steps / 2) }),
  }).map(({ one, two, from, ratedLimit, ...situation }) => ({
    situation: {
      ...situation,
      ...(ratedLimit && { ratedLimit }),
      transactions: new Map([...(one ? [[1, one] as const] : []), ...(two ? [[2, two] as const] : [])]),
    },
    window: { from, durationSeconds: scale.gridSeconds * scale.steps },
  }));
}
