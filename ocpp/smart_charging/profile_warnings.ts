/**
 * What an operator should know about charging profiles, installed or about to be: limits of the charge point, combinations that charge points
 * read in different ways, and profiles that do less than they seem to. Never a veto.
 */
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";
import type { ChargePointLimits } from "./charge_point_limits.ts";
import { type InstalledProfile, replaces, transactionOf } from "./installed_profile.ts";
import { timed, type TimedProfile } from "./profile_at.ts";

/** A warning. `slug` is stable, `detail` a sentence with the numbers found. */
export interface ProfileWarning {
  readonly slug: WarningSlug;
  readonly detail: string;
  /** The profiles that it is about, the one to change first. */
  readonly chargingProfileIds: readonly number[];
}

/** Every kind of warning. */
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

/** One of the words above. */
export type WarningSlug = (typeof WARNINGS)[number];

/** What warnings depend on besides the profiles. */
export interface WarningContext {
  readonly limits: ChargePointLimits;
  readonly now: Date;
  /** The running transactions by connectorId; absent: not known, and no warning. */
  readonly transactions?: ReadonlyMap<number, unknown>;
}

/** All warnings about the profiles of a charge point. */
export function profileWarnings(installed: readonly InstalledProfile[], context: WarningContext): ProfileWarning[] {
  return [
    ...installed.flatMap((one) => [...ofOne(one, context), ...ofPlace(one, context), ...ofTimes(timed(one), context)]),
    ...ofNumbers(installed, context.limits),
    ...hiddenLevels(installed),
    ...pairs(installed),
  ];
}

/** The warnings that concern one profile, beside those that are installed when it is there; it need not be among them yet. */
export function warningsAbout(
  candidate: InstalledProfile,
  installed: readonly InstalledProfile[],
  context: WarningContext,
): ProfileWarning[] {
  const { chargingProfileId: id } = candidate.profile;
  const others = installed.filter((one) => !replaces(candidate, one));
  return profileWarnings([...others, candidate], context).filter((one) => one.chargingProfileIds.includes(id));
}

/** What the charge point has said that it cannot take. */
function* ofOne({ profile }: InstalledProfile, { limits }: WarningContext): Generator<ProfileWarning> {
  const { stackLevel, chargingSchedule } = profile;
  const { chargingRateUnit: unit, chargingSchedulePeriod: periods } = chargingSchedule;
  const about = aboutThe(profile);
  if (stackLevel > (limits.maxStackLevel ?? Infinity)) {
    yield about(
      "stack-level-too-high",
      `has stackLevel ${stackLevel}, the charge point takes ${limits.maxStackLevel} at most`,
    );
  }
  if (periods.length > (limits.maxPeriods ?? Infinity)) {
    yield about(
      "too-many-periods",
      `has ${periods.length} periods, the charge point takes ${limits.maxPeriods} at most`,
    );
  }
  if (limits.units && !limits.units.includes(unit)) {
    yield about("unit-not-allowed", `is in ${unit}, the charge point takes ${limits.units.join(" and ")} only`);
  }
}

/** Purposes that have no meaning where they are (3.13.1, errata 3.53). */
function* ofPlace({ connectorId, profile }: InstalledProfile, context: WarningContext): Generator<ProfileWarning> {
  const { chargingProfilePurpose: purpose, chargingProfileKind: kind } = profile;
  const about = aboutThe(profile);
  if (purpose === "ChargePointMaxProfile" && kind === "Relative") {
    yield about(
      "charge-point-max-relative",
      "is Relative, but the whole charge point has no transaction to be relative to",
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

/** Times at which it does not do what it seems to. */
function* ofTimes(profile: TimedProfile, { now }: WarningContext): Generator<ProfileWarning> {
  const { installed, validFrom, validTo, startSchedule, recurrence, duration, periodStarts } = profile;
  const about = aboutThe(installed.profile);
  const recurs = recurrence !== Infinity;
  // Some charge points run it backwards, others wait for it (the text calls it the starting point).
  if (recurs && startSchedule! > now.getTime()) {
    yield about(
      "start-schedule-ahead",
      "recurs from a startSchedule that lies ahead; charge points differ on what holds until then",
    );
  }
  const end = recurs || startSchedule === undefined ? validTo : Math.min(validTo, startSchedule + duration);
  if (validTo <= validFrom) yield about("never-valid", "has a validTo that is not after its validFrom");
  else if (end <= now.getTime()) yield about("over", `has been over since ${new Date(end).toISOString()}`);
  if (recurs && duration > recurrence && duration !== Infinity) {
    yield about("duration-beyond-recurrence", "has a duration that is longer than its recurrence, which cuts it");
  }
  const runs = Math.min(duration, recurrence);
  const late = periodStarts.filter((start, index) => start >= runs || periodStarts[index + 1] === start).length;
  if (late > 0) {
    yield about(
      "periods-that-never-run",
      `has ${late} of ${periodStarts.length} periods after its end, or at the same second as the next one`,
    );
  }
}

/** Too many for the charge point, altogether or of a purpose (9.3.1). */
function* ofNumbers(installed: readonly InstalledProfile[], limits: ChargePointLimits): Generator<ProfileWarning> {
  const { maxInstalled, maxStackLevel } = limits;
  if (maxInstalled !== undefined && installed.length > maxInstalled) {
    const detail = `${installed.length} charging profiles, the charge point takes ${maxInstalled} at most`;
    yield { slug: "too-many-profiles", detail, chargingProfileIds: installed.map(idOf) };
  }
  if (maxStackLevel === undefined) return;
  const byPurpose = Map.groupBy(
    installed,
    ({ connectorId, profile }) => `${profile.chargingProfilePurpose} on ${connectorId}`,
  );
  for (const [purpose, all] of byPurpose) {
    // Levels count from 0, and whether the key counts levels or profiles is read in both ways: one more is still right for somebody.
    if (all.length <= maxStackLevel + 1) continue;
    const detail = `${all.length} charging profiles of ${purpose}, ChargeProfileMaxStackLevel is ${maxStackLevel}`;
    yield { slug: "too-many-of-purpose", detail, chargingProfileIds: all.map(idOf) };
  }
}

/** Errata 3.7: a level that always has a limit hides all below it for ever. */
function* hiddenLevels(installed: readonly InstalledProfile[]): Generator<ProfileWarning> {
  for (const upper of installed) {
    if (!speaksForEver(timed(upper))) continue;
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
      `has neither duration nor validTo and hides charging profiles ${hidden.join(", ")} below it for ever`,
    );
    yield { ...warning, chargingProfileIds: [idOf(upper), ...hidden] };
  }
}

function speaksForEver({ duration, recurrence, validTo }: TimedProfile): boolean {
  return validTo === Infinity && duration >= recurrence;
}

function isSameTransaction(one: InstalledProfile, other: InstalledProfile): boolean {
  return transactionOf(other) === undefined || transactionOf(one) === transactionOf(other);
}

/** 3.13.1 lets a connector's own TxDefaultProfile replace that of connector 0, and does not say how far. */
function* pairs(installed: readonly InstalledProfile[]): Generator<ProfileWarning> {
  const defaults = installed.filter(({ profile }) => profile.chargingProfilePurpose === "TxDefaultProfile");
  const ofAll = defaults.filter(({ connectorId }) => connectorId === WHOLE_CHARGE_POINT);
  if (ofAll.length === 0) return;
  const own = Map.groupBy(defaults.filter((one) => !ofAll.includes(one)), ({ connectorId }) => connectorId);
  for (const [connectorId, ones] of own) {
    const detail =
      `Connector ${connectorId} has TxDefaultProfiles of its own beside those of connector 0; charge points differ on which of them count`;
    yield { slug: "tx-default-pair", detail, chargingProfileIds: [...ones, ...ofAll].map(idOf) };
  }
}

function aboutThe({ chargingProfileId }: InstalledProfile["profile"]) {
  return (slug: WarningSlug, says: string): ProfileWarning => ({
    slug,
    detail: `Charging profile ${chargingProfileId} ${says}`,
    chargingProfileIds: [chargingProfileId],
  });
}

function idOf({ profile }: InstalledProfile): number {
  return profile.chargingProfileId;
}
