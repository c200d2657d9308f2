/**
 * One charging profile at one instant: its limit, or why it is silent, and how long that stays so. `until` is what makes the composite
 * schedule cheap: nobody asks again before something can have changed. Intervals are half-open, so a validTo is the first instant that
 * is no longer valid (readers differ; one instant should not belong to two profiles that follow each other).
 */
import { type ChargingLimit, PHASES_WHEN_ABSENT } from "./charging_limit.ts";
import { type InstalledProfile, transactionOf } from "./installed_profile.ts";

/** A transaction that runs on a connector, or one that is planned. */
export interface ScheduledTransaction {
  /** Absent: no transaction yet, but as if one began at `startedAt`. */
  readonly transactionId?: number;
  readonly startedAt: Date;
}

/** Why a profile has no limit at an instant. */
export type Silence =
  | "notYetValid"
  | "noLongerValid"
  | "beforeStart"
  | "afterDuration"
  | "gap"
  | "noTransaction"
  | "otherTransaction";

/** What a profile says at an instant, in force until (not including) `until` in milliseconds since 1970. */
export type Verdict =
  | { readonly limit: ChargingLimit; readonly until: number }
  | { readonly silence: Silence; readonly until: number };

/** An installed profile with its times as milliseconds. */
export interface TimedProfile {
  readonly installed: InstalledProfile;
  readonly validFrom: number;
  readonly validTo: number;
  /** Undefined: it starts with the transaction. */
  readonly startSchedule: number | undefined;
  /** Infinity: it does not recur. */
  readonly recurrence: number;
  readonly duration: number;
  /** Of each period, from the start of the schedule; ascending. */
  readonly periodStarts: readonly number[];
  readonly limits: readonly ChargingLimit[];
}

/** Errata 3.78: fixed steps of absolute time. A schedule in local time moves by an hour when the clocks do (3.13.7). */
const RECURRENCE_MS = { Daily: 86_400_000, Weekly: 604_800_000 };

/** Reads a profile's times. They were brought into one form when they were checked, so `Date.parse` can be trusted. */
export function timed(installed: InstalledProfile): TimedProfile {
  const { chargingProfileKind: kind, recurrencyKind, validFrom, validTo, chargingSchedule } = installed.profile;
  const { startSchedule, duration, chargingRateUnit: unit, chargingSchedulePeriod: periods } = chargingSchedule;
  // 7.13: an Absolute one without startSchedule starts with the transaction, too. We send none, since readers differ; others may have.
  const start = kind === "Relative" || startSchedule === undefined ? undefined : Date.parse(startSchedule);
  return {
    installed,
    validFrom: validFrom === undefined ? -Infinity : Date.parse(validFrom),
    validTo: validTo === undefined ? Infinity : Date.parse(validTo),
    startSchedule: start,
    recurrence: kind === "Recurring" && start !== undefined ? RECURRENCE_MS[recurrencyKind ?? "Daily"] : Infinity,
    duration: duration === undefined ? Infinity : duration * 1000,
    periodStarts: periods.map(({ startPeriod }) => startPeriod * 1000),
    limits: periods.map(({ limit, numberPhases = PHASES_WHEN_ABSENT }) => ({ limit, unit, numberPhases })),
  };
}

/** What a profile says at an instant, with the transaction that it could apply to. */
export function verdictAt(profile: TimedProfile, at: number, transaction: ScheduledTransaction | undefined): Verdict {
  const { validFrom, validTo, installed } = profile;
  const meant = installed.profile.chargingProfilePurpose === "TxProfile" ? transactionOf(installed) : undefined;
  if (meant !== undefined && meant !== transaction?.transactionId) {
    return { silence: transaction ? "otherTransaction" : "noTransaction", until: Infinity };
  }
  if (at < validFrom) return { silence: "notYetValid", until: validFrom };
  if (at >= validTo) return { silence: "noLongerValid", until: Infinity };
  const first = profile.startSchedule ?? transaction?.startedAt.getTime();
  if (first === undefined) return { silence: "noTransaction", until: Infinity };
  // Also a Recurring one: startSchedule is its starting point, it does not reach backwards (7.13; some let it).
  if (at < first) return { silence: "beforeStart", until: Math.min(first, validTo) };
  return withinSchedule(profile, at, first);
}

/** Errata 3.43, 3.44: a recurrence that lasts too long is cut by the next one, one that is short leaves a gap to lower levels. */
function withinSchedule(profile: TimedProfile, at: number, first: number): Verdict {
  const { recurrence, duration, periodStarts, limits, validTo } = profile;
  const start = recurrence === Infinity ? first : first + Math.floor((at - first) / recurrence) * recurrence;
  const next = start + recurrence;
  const offset = at - start;
  if (offset >= duration) {
    return { silence: recurrence === Infinity ? "afterDuration" : "gap", until: Math.min(next, validTo) };
  }
  let index = periodStarts.length - 1;
  while (index > 0 && periodStarts[index]! > offset) index--;
  const end = start + Math.min(duration, periodStarts[index + 1] ?? Infinity);
  return { limit: limits[index]!, until: Math.min(end, next, validTo) };
}
