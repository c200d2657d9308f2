/** The charging profiles of a model charge point that executes every command: the mirror is compared with them. */
import type { ClearCriteria } from "../../../db/smart_charging/charging_profiles.ts";
import { type InstalledProfile, replaces } from "../../../ocpp/smart_charging/installed_profile.ts";

/** The stack with one more profile, without what that replaces. */
export function withProfile(stack: readonly InstalledProfile[], added: InstalledProfile): InstalledProfile[] {
  return [...stack.filter((one) => !replaces(added, one)), added];
}

/** The stack after a ClearChargingProfile (errata 3.25, 3.26). */
export function withoutCleared(stack: readonly InstalledProfile[], criteria: ClearCriteria): InstalledProfile[] {
  return stack.filter((one) => !clears(criteria, one));
}

function clears(criteria: ClearCriteria, { connectorId, profile }: InstalledProfile): boolean {
  if (criteria.id !== undefined) return criteria.id === profile.chargingProfileId;
  return (criteria.connectorId ?? connectorId) === connectorId &&
    (criteria.chargingProfilePurpose ?? profile.chargingProfilePurpose) === profile.chargingProfilePurpose &&
    (criteria.stackLevel ?? profile.stackLevel) === profile.stackLevel;
}
