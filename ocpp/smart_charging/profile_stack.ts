/**
 * Selects the installed profiles that apply to one connector (3.13). There are three stacks: the TxProfiles of the connector, its
 * TxDefaultProfiles, and the ChargePointMaxProfiles. In each stack the highest stack level with a limit at the instant applies. A level
 * without a limit is skipped.
 */
import type { ChargingLimit } from "./charging_limit.ts";
import type { InstalledProfile } from "./installed_profile.ts";
import { evaluateAt, type ScheduledTransaction, timed, type TimedProfile } from "./profile_at.ts";
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";

/** Profiles of one purpose, the highest stack level first. */
export type ProfileStack = readonly TimedProfile[];

/** A limit and the profile that sets it. */
export interface SelectedLimit {
  readonly limit: ChargingLimit;
  readonly by: TimedProfile;
}

/** The limit of a stack at an instant; undefined: none. It is valid until `until` (exclusive). */
export interface Selection {
  readonly selected: SelectedLimit | undefined;
  readonly until: number;
}

/** The stacks that limit the transaction on one connector. */
export interface ConnectorStacks {
  readonly connectorId: number;
  readonly transaction: ScheduledTransaction | undefined;
  readonly txProfiles: ProfileStack;
  readonly txDefaults: ProfileStack;
  /** TxDefaultProfiles of connector 0 that a profile of the connector replaces. */
  readonly replaced: ProfileStack;
}

/**
 * The stack of the ChargePointMaxProfiles. They belong to connector 0; on another connector they have no effect. While none of them has a
 * limit, the charge point has none. The specification does not say so, but it has no other meaning.
 */
export function chargePointStack(installed: readonly InstalledProfile[]): ProfileStack {
  return stackOf(installed, "ChargePointMaxProfile", WHOLE_CHARGE_POINT);
}

/**
 * The stacks of one connector. A TxDefaultProfile of connector 0 applies to every connector (errata 3.53), unless a TxDefaultProfile of the
 * connector replaces it (3.13.1). The specification does not say which levels are replaced. Here a profile replaces the one of the same
 * level. All interpretations agree where only one of the two kinds is used, which is what the Central System installs.
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
  // Two profiles of the same level exist only while it is in doubt whether one replaced the other. Then the later one is used.
  return found.toReversed().map(timed).sort(highestFirst);
}

function highestFirst(one: TimedProfile, other: TimedProfile): number {
  return levelOf(other) - levelOf(one);
}

function levelOf({ installed }: TimedProfile): number {
  return installed.profile.stackLevel;
}

/** Selects the highest level with a limit at the instant. Lower levels are not evaluated: they have no effect before `until`. */
export function selectAt(stack: ProfileStack, at: number, transaction: ScheduledTransaction | undefined): Selection {
  let until = Infinity;
  for (const by of stack) {
    const evaluation = evaluateAt(by, at, transaction);
    until = Math.min(until, evaluation.until);
    if ("limit" in evaluation) return { selected: { limit: evaluation.limit, by }, until };
  }
  return { selected: undefined, until };
}

/**
 * Selects the limit of the transaction on a connector; without a transaction there is none (3.13.1). While the TxProfiles have no limit, the
 * TxDefaultProfiles apply. By the letter of the specification a TxProfile overrules them for the whole transaction, but then a gap in
 * it would allow any power.
 */
export function selectForTransaction(stacks: ConnectorStacks, at: number): Selection {
  const { transaction, txProfiles, txDefaults } = stacks;
  if (!transaction) return { selected: undefined, until: Infinity };
  const own = selectAt(txProfiles, at, transaction);
  if (own.selected) return own;
  const fallback = selectAt(txDefaults, at, transaction);
  return { selected: fallback.selected, until: Math.min(own.until, fallback.until) };
}
