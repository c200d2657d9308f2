/**
 * Warnings for the operator about installed or new charging profiles: exceeded limits of the charge point, combinations that charge points
 * interpret differently, and profiles without the expected effect. A profile is sent in spite of its warnings.
 */
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import type { ChargePointLimits } from "./charge_point_limits.ts";
import { type InstalledProfile, replaces, transactionOf } from "./installed_profile.ts";
import { timed, type TimedProfile } from "./profile_at.ts";

/** A warning: `slug` is stable, `detail` is a sentence with the values found. */
export interface ProfileWarning {
  readonly slug: WarningSlug;
  readonly detail: string;
  /** The profiles that the warning concerns. The operator should change the first one. */
  readonly chargingProfileIds: readonly number[];
}

/** The slugs of all warnings. */
export const WARNINGS = [
  "stack-level-too-high",
  "too-many-profiles",
  "too-many-of-purpose",
  "too-many-periods",
  "unit-not-allowed",
  "charge-point-max-relative",
  "charge-point-max-on-connector",
  "tx-profile-on-connector-0",
  "tx-profile-without-transaction",
  "start-schedule-ahead",
  "never-valid",
  "over",
  "duration-beyond-recurrence",
  "periods-that-never-run",
  "hides-lower-levels",
  "tx-default-pair",
] as const;

/** One of the slugs above. */
export type WarningSlug = (typeof WARNINGS)[number];

/** The input of the warnings besides the profiles. */
export interface WarningContext {
  readonly limits: ChargePointLimits;
  readonly now: Date;
  /** The running transactions by connectorId; absent: not known, and there is no warning about them. */
  readonly transactions?: ReadonlyMap<number, unknown>;
}

/** All warnings about the profiles of a charge point. */
export function profileWarnings(installed: readonly InstalledProfile[], context: WarningContext): ProfileWarning[] {
  return [
    ...installed.flatMap((
      one,
    ) => [...ofLimits(one, context), ...ofPlace(one, context), ...ofTimes(timed(one), context)]),
    ...ofCounts(installed, context.limits),
    ...hiddenLevels(installed),
    ...pairs(installed),
  ];
}

/** The warnings that concern one profile, as if it were installed together with the installed profiles. */
export function warningsAbout(
  candidate: InstalledProfile,
  installed: readonly InstalledProfile[],
  context: WarningContext,
): ProfileWarning[] {
  const { chargingProfileId: id } = candidate.profile;
  const others = installed.filter((one) => !replaces(candidate, one));
  return profileWarnings([...others, candidate], context).filter((one) => one.chargingProfileIds.includes(id));
}

/** A profile that exceeds a limit of the charge point. */
function* ofLimits({ profile }: InstalledProfile, { limits }: WarningContext): Generator<ProfileWarning> {
  const { stackLevel, chargingSchedule } = profile;
  const { chargingRateUnit: unit, chargingSchedulePeriod: periods } = chargingSchedule;
  const about = aboutThe(profile);
  if (stackLevel > (limits.maxStackLevel ?? Infinity)) {
    yield about(
      "stack-level-too-high",
      `has stackLevel ${stackLevel}; the charge point accepts at most ${limits.maxStackLevel}`,
    );
  }
  if (periods.length > (limits.maxPeriods ?? Infinity)) {
    yield about(
      "too-many-periods",
      `has ${periods.length} periods; the charge point accepts at most ${limits.maxPeriods}`,
    );
  }
  if (limits.units && !limits.units.includes(unit)) {
    yield about("unit-not-allowed", `is in ${unit}; the charge point accepts only ${limits.units.join(" and ")}`);
  }
}

/** A purpose that has no meaning on its connector (3.13.1, errata 3.53). */
function* ofPlace({ connectorId, profile }: InstalledProfile, context: WarningContext): Generator<ProfileWarning> {
  const { chargingProfilePurpose: purpose, chargingProfileKind: kind } = profile;
  const about = aboutThe(profile);
  if (purpose === "ChargePointMaxProfile" && kind === "Relative") {
    yield about(
      "charge-point-max-relative",
      "is Relative, but a ChargePointMaxProfile has no transaction whose start could count",
    );
  }
  if (purpose === "ChargePointMaxProfile" && connectorId !== WHOLE_CHARGE_POINT) {
    yield about(
      "charge-point-max-on-connector",
      `is a ChargePointMaxProfile on connector ${connectorId}; it belongs to connector 0`,
    );
  }
  if (purpose !== "TxProfile") return;
  if (connectorId === WHOLE_CHARGE_POINT) {
    yield about(
      "tx-profile-on-connector-0",
      "is a TxProfile on connector 0; it belongs to the connector of its transaction",
    );
  } else if (context.transactions && !context.transactions.has(connectorId)) {
    yield about(
      "tx-profile-without-transaction",
      `is a TxProfile, but no transaction runs on connector ${connectorId}`,
    );
  }
}

/** Times that give a profile an unexpected effect. */
function* ofTimes(profile: TimedProfile, { now }: WarningContext): Generator<ProfileWarning> {
  const { installed, validFrom, validTo, startSchedule, recurrence, duration, periodStarts } = profile;
  const about = aboutThe(installed.profile);
  const recurs = recurrence !== Infinity;
  // Some charge points apply it before its startSchedule, others do not (7.13 calls it the starting point).
  if (recurs && startSchedule! > now.getTime()) {
    yield about(
      "start-schedule-ahead",
      "recurs from a startSchedule in the future; charge points differ on the limit until then",
    );
  }
  const end = recurs || startSchedule === undefined ? validTo : Math.min(validTo, startSchedule + duration);
  if (validTo <= validFrom) yield about("never-valid", "has a validTo that is not after its validFrom");
  else if (end <= now.getTime()) yield about("over", `has had no effect since ${new Date(end).toISOString()}`);
  if (recurs && duration > recurrence && duration !== Infinity) {
    yield about(
      "duration-beyond-recurrence",
      "has a duration that is longer than its recurrence; the next recurrence cuts it",
    );
  }
  const effectiveMs = Math.min(duration, recurrence);
  const late = periodStarts.filter((start, index) => start >= effectiveMs || periodStarts[index + 1] === start).length;
  if (late > 0) {
    yield about(
      "periods-that-never-run",
      `has ${late} of ${periodStarts.length} periods after its end, or at the same second as the next one`,
    );
  }
}

/** Too many profiles for the charge point, in total or of one purpose (9.3.1). */
function* ofCounts(installed: readonly InstalledProfile[], limits: ChargePointLimits): Generator<ProfileWarning> {
  const { maxInstalled, maxStackLevel } = limits;
  if (maxInstalled !== undefined && installed.length > maxInstalled) {
    const detail = `There are ${installed.length} charging profiles; the charge point accepts at most ${maxInstalled}`;
    yield { slug: "too-many-profiles", detail, chargingProfileIds: installed.map(idOf) };
  }
  if (maxStackLevel === undefined) return;
  const byPurpose = Map.groupBy(
    installed,
    ({ connectorId, profile }) => `with ${profile.chargingProfilePurpose} on connector ${connectorId}`,
  );
  for (const [purpose, all] of byPurpose) {
    // Levels begin at 0. The key may mean the highest level or the number of profiles, so one more profile gets no warning.
    if (all.length <= maxStackLevel + 1) continue;
    const detail =
      `There are ${all.length} charging profiles ${purpose}; ChargeProfileMaxStackLevel is ${maxStackLevel}`;
    yield { slug: "too-many-of-purpose", detail, chargingProfileIds: all.map(idOf) };
  }
}

/** Errata 3.7: lower levels never apply below a level that always has a limit. */
function* hiddenLevels(installed: readonly InstalledProfile[]): Generator<ProfileWarning> {
  for (const upper of installed) {
    if (!alwaysHasLimit(timed(upper))) continue;
    const hidden = installed.filter((lower) =>
      lower.profile.chargingProfilePurpose === upper.profile.chargingProfilePurpose &&
      lower.profile.stackLevel < upper.profile.stackLevel &&
      (lower.connectorId === upper.connectorId || upper.connectorId === WHOLE_CHARGE_POINT) &&
      isSameTransaction(lower, upper)
    ).map(idOf);
    if (hidden.length === 0) continue;
    const about = aboutThe(upper.profile);
    const warning = about(
      "hides-lower-levels",
      `always has a limit, so that these charging profiles on lower stack levels never apply: ${hidden.join(", ")}`,
    );
    yield { ...warning, chargingProfileIds: [idOf(upper), ...hidden] };
  }
}

function alwaysHasLimit({ duration, recurrence, validTo }: TimedProfile): boolean {
  return validTo === Infinity && duration >= recurrence;
}

function isSameTransaction(one: InstalledProfile, other: InstalledProfile): boolean {
  return transactionOf(other) === undefined || transactionOf(one) === transactionOf(other);
}

/** 3.13.1: a connector's own TxDefaultProfile replaces that of connector 0. It is ambiguous which stack levels are replaced. */
function* pairs(installed: readonly InstalledProfile[]): Generator<ProfileWarning> {
  const defaults = installed.filter(({ profile }) => profile.chargingProfilePurpose === "TxDefaultProfile");
  const ofAll = defaults.filter(({ connectorId }) => connectorId === WHOLE_CHARGE_POINT);
  if (ofAll.length === 0) return;
  const own = Map.groupBy(defaults.filter((one) => !ofAll.includes(one)), ({ connectorId }) => connectorId);
  for (const [connectorId, ones] of own) {
    const detail =
      `Connector ${connectorId} and connector 0 both have TxDefaultProfiles; charge points differ on which of them apply`;
    yield { slug: "tx-default-pair", detail, chargingProfileIds: [...ones, ...ofAll].map(idOf) };
  }
}

function aboutThe({ chargingProfileId }: InstalledProfile["profile"]) {
  return (slug: WarningSlug, problem: string): ProfileWarning => ({
    slug,
    detail: `Charging profile ${chargingProfileId} ${problem}`,
    chargingProfileIds: [chargingProfileId],
  });
}

function idOf({ profile }: InstalledProfile): number {
  return profile.chargingProfileId;
}
