/**
 * The charging profiles of one charge point as a stack: what a new one replaces and what a ClearChargingProfile takes away. The database keeps
 * the mirror by the same two rules.
 */
import type { RequestOf } from "../registry.ts";
import type { InstalledProfile } from "./installed_profile.ts";

/**
 * Whether the older profile leaves when the newer one is put in: a chargingProfileId is unique over the charge point, wherever it sits
 * (5.16), and a slot is purpose, stack level and connector (3.13.2; a TxDefaultProfile on connector 0 and one on 1 may coexist).
 */
export function replaces(newer: InstalledProfile, older: InstalledProfile): boolean {
  if (newer.profile.chargingProfileId === older.profile.chargingProfileId) return true;
  return newer.connectorId === older.connectorId && newer.profile.stackLevel === older.profile.stackLevel &&
    newer.profile.chargingProfilePurpose === older.profile.chargingProfilePurpose;
}

/**
 * Whether a ClearChargingProfile means this profile (errata 3.25, 3.26): an id alone decides; else every given field must fit, and none
 * means all. connectorId 0 means what is stored on 0, not every connector.
 */
export function clears(
  criteria: RequestOf<"ClearChargingProfile">,
  { connectorId, profile }: InstalledProfile,
): boolean {
  if (criteria.id !== undefined) return criteria.id === profile.chargingProfileId;
  return (criteria.connectorId ?? connectorId) === connectorId &&
    (criteria.chargingProfilePurpose ?? profile.chargingProfilePurpose) === profile.chargingProfilePurpose &&
    (criteria.stackLevel ?? profile.stackLevel) === profile.stackLevel;
}

/** The stack with one more profile, without what that replaces. */
export function withProfile<P extends InstalledProfile>(stack: readonly P[], added: P): P[] {
  return [...stack.filter((one) => !replaces(added, one)), added];
}

/** The stack after a ClearChargingProfile. */
export function withoutCleared<P extends InstalledProfile>(
  stack: readonly P[],
  criteria: RequestOf<"ClearChargingProfile">,
): P[] {
  return stack.filter((one) => !clears(criteria, one));
}
