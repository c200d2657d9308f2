/**
 * Which of the installed profiles may speak for one connector, and who is heard (3.13). Three stacks: the TxProfiles of the connector, its
 * TxDefaultProfiles, and the ChargePointMaxProfiles. In each the highest stack level that has a limit at the instant is heard; a
 * level that is silent there falls through to the next.
 */
import type { ChargingLimit } from "./charging_limit.ts";
import type { InstalledProfile } from "./installed_profile.ts";
import { type ScheduledTransaction, timed, type TimedProfile, verdictAt } from "./profile_at.ts";
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";

/** Profiles of one purpose, the highest level first. */
export type ProfileStack = readonly TimedProfile[];

/** A limit and the profile that it is of. */
export interface Heard {
  readonly limit: ChargingLimit;
  readonly by: TimedProfile;
}

/** Whoever is heard at an instant; undefined: nobody. Either way it stays so until (not including) `until`. */
export interface Hearing {
  readonly heard: Heard | undefined;
  readonly until: number;
}

/** What limits the transaction on one connector. */
export interface ConnectorStacks {
  readonly connectorId: number;
  readonly transaction: ScheduledTransaction | undefined;
  readonly txProfiles: ProfileStack;
  readonly txDefaults: ProfileStack;
  /** TxDefaultProfiles of connector 0 that the connector has replaced by its own. */
  readonly replaced: ProfileStack;
}

/**
 * The ChargePointMaxProfiles. They belong to connector 0; one that was accepted elsewhere limits nothing. Where all of them are silent, the
 * charge point has no limit (the text is silent, too; nobody reads it otherwise).
 */
export function chargePointStack(installed: readonly InstalledProfile[]): ProfileStack {
  return stackOf(installed, "ChargePointMaxProfile", WHOLE_CHARGE_POINT);
}

/**
 * The stacks of one connector. A TxDefaultProfile of connector 0 is one of every connector (errata 3.53), and one of the connector itself
 * replaces it for that connector (3.13.1). The text does not say how far; here level by level, as if each connector had
 * a copy: whoever reads it so and whoever reads it otherwise agree where only one of the two is used, which is what we install.
 */
export function connectorStacks(
  installed: readonly InstalledProfile[],
  connectorId: number,
  transaction: ScheduledTransaction | undefined,
): ConnectorStacks {
  const own = stackOf(installed, "TxDefaultProfile", connectorId);
  const levels = new Set(own.map(levelOf));
  const ofAll = stackOf(installed, "TxDefaultProfile", WHOLE_CHARGE_POINT);
  return {
    connectorId,
    transaction,
    txProfiles: stackOf(installed, "TxProfile", connectorId),
    txDefaults: [...own, ...ofAll.filter((profile) => !levels.has(levelOf(profile)))].sort(highestFirst),
    replaced: ofAll.filter((profile) => levels.has(levelOf(profile))),
  };
}

function stackOf(
  installed: readonly InstalledProfile[],
  purpose: InstalledProfile["profile"]["chargingProfilePurpose"],
  connectorId: number,
): ProfileStack {
  const found = installed.filter((one) =>
    one.connectorId === connectorId && one.profile.chargingProfilePurpose === purpose
  );
  // Two in one slot can only be where it is in doubt whether one replaced the other: then the later one is believed.
  return found.toReversed().map(timed).sort(highestFirst);
}

function highestFirst(one: TimedProfile, other: TimedProfile): number {
  return levelOf(other) - levelOf(one);
}

function levelOf({ installed }: TimedProfile): number {
  return installed.profile.stackLevel;
}

/** The highest level that has a limit at the instant. Levels below it are not even asked: they cannot matter before `until`. */
export function hear(stack: ProfileStack, at: number, transaction: ScheduledTransaction | undefined): Hearing {
  let until = Infinity;
  for (const by of stack) {
    const verdict = verdictAt(by, at, transaction);
    until = Math.min(until, verdict.until);
    if ("limit" in verdict) return { heard: { limit: verdict.limit, by }, until };
  }
  return { heard: undefined, until };
}

/**
 * The limit of the transaction on a connector; without one there is none (3.13.1). A TxProfile that is silent at the instant leaves it to
 * the TxDefaultProfiles: the text would have it overrule them for the whole transaction, which makes a gap a licence to draw anything.
 */
export function hearTransaction(stacks: ConnectorStacks, at: number): Hearing {
  const { transaction, txProfiles, txDefaults } = stacks;
  if (!transaction) return { heard: undefined, until: Infinity };
  const own = hear(txProfiles, at, transaction);
  if (own.heard) return own;
  const fallback = hear(txDefaults, at, transaction);
  return { heard: fallback.heard, until: Math.min(own.until, fallback.until) };
}
