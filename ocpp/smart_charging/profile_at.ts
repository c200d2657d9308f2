/**
 * Evaluates one charging profile at one instant: its limit, or the reason why it has none, and the time until which that is valid. `until` keeps
 * the composite schedule cheap: the profile is not evaluated again before it can change. Intervals are half-open: validTo is the
 * first instant that is not valid, so that no instant belongs to two consecutive profiles (charge points differ on this).
 */
import { type ChargingLimit, PHASES_WHEN_ABSENT } from "./charging_limit.ts";
import { type InstalledProfile, transactionOf } from "./installed_profile.ts";

/** A running or planned transaction on a connector. */
export interface ScheduledTransaction {
  /** Absent: a planned transaction that would begin at `startedAt`. */
  readonly transactionId?: number;
  readonly startedAt: Date;
}

/** Why a profile has no limit at an instant. */
export type NoLimitReason =
  | "notYetValid"
  | "noLongerValid"
  | "beforeStart"
  | "afterDuration"
  | "gap"
  | "noTransaction"
  | "otherTransaction";

/** The result for one instant. It is valid until `until` (exclusive), in milliseconds since 1970. */
export type Evaluation =
  | { readonly limit: ChargingLimit; readonly until: number }
  | { readonly noLimit: NoLimitReason; readonly until: number };

/** An installed profile with its times in milliseconds. */
export interface TimedProfile {
  readonly installed: InstalledProfile;
  readonly validFrom: number;
  readonly validTo: number;
  /** Undefined: the schedule starts with the transaction. */
  readonly startSchedule: number | undefined;
  /** The interval of recurrence; Infinity: it does not recur. */
  readonly recurrence: number;
  readonly duration: number;
  /** The start of each period, from the start of the schedule; ascending. */
  readonly periodStarts: readonly number[];
  readonly limits: readonly ChargingLimit[];
}

/** Errata 3.78: fixed intervals of absolute time. So a change to daylight saving time shifts the schedule by an hour of local time (3.13.7). */
const RECURRENCE_MS = { Daily: 86_400_000, Weekly: 604_800_000 };

/** Parses the times of a profile. The check has normalised them, so `Date.parse` is safe. */
export function timed(installed: InstalledProfile): TimedProfile {
  const { chargingProfileKind: kind, recurrencyKind, validFrom, validTo, chargingSchedule } = installed.profile;
  const { startSchedule, duration, chargingRateUnit: unit, chargingSchedulePeriod: periods } = chargingSchedule;
  // 7.13: Absolute without startSchedule starts with the transaction. The Central System does not send it, but another system may have.
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

/** Evaluates a profile at an instant, given the transaction on its connector. */
export function evaluateAt(
  profile: TimedProfile,
  at: number,
  transaction: ScheduledTransaction | undefined,
): Evaluation {
  const { validFrom, validTo, installed } = profile;
  const onlyFor = installed.profile.chargingProfilePurpose === "TxProfile" ? transactionOf(installed) : undefined;
  if (onlyFor !== undefined && onlyFor !== transaction?.transactionId) {
    return { noLimit: transaction ? "otherTransaction" : "noTransaction", until: Infinity };
  }
  if (at < validFrom) return { noLimit: "notYetValid", until: validFrom };
  if (at >= validTo) return { noLimit: "noLongerValid", until: Infinity };
  const first = profile.startSchedule ?? transaction?.startedAt.getTime();
  if (first === undefined) return { noLimit: "noTransaction", until: Infinity };
  // A Recurring profile has no limit before its startSchedule either (7.13; some charge points apply it earlier).
  if (at < first) return { noLimit: "beforeStart", until: Math.min(first, validTo) };
  return withinSchedule(profile, at, first);
}

/** Errata 3.43, 3.44: the next recurrence cuts a duration that is too long; a short duration leaves a gap, in which lower levels apply. */
function withinSchedule(profile: TimedProfile, at: number, first: number): Evaluation {
  const { recurrence, duration, periodStarts, limits, validTo } = profile;
  const start = recurrence === Infinity ? first : first + Math.floor((at - first) / recurrence) * recurrence;
  const next = start + recurrence;
  const offset = at - start;
  if (offset >= duration) {
    return { noLimit: recurrence === Infinity ? "afterDuration" : "gap", until: Math.min(next, validTo) };
  }
  let index = periodStarts.length - 1;
  while (index > 0 && periodStarts[index]! > offset) index--;
  const end = start + Math.min(duration, periodStarts[index + 1] ?? Infinity);
  return { limit: limits[index]!, until: Math.min(end, next, validTo) };
}
