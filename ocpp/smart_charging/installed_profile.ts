import type { ChargingProfile } from "../types/charging_profile.ts";

/** A charging profile that is installed in a charge point, and its connector (3.13, 5.16). */
export interface InstalledProfile {
  /** 0 for a ChargePointMaxProfile, and for a TxDefaultProfile that applies to every connector (errata 3.53). */
  readonly connectorId: number;
  readonly profile: ChargingProfile;
  /**
   * The transaction of a TxProfile that has no transactionId. A TxProfile from RemoteStartTransaction has none until its transaction starts
   * (errata 3.41, 3.42). Without both ids, a TxProfile applies to every transaction on its connector.
   */
  readonly transactionId?: number;
}

/** The transaction that an installed TxProfile applies to; undefined: every transaction on its connector. */
export function transactionOf({ profile, transactionId }: InstalledProfile): number | undefined {
  return profile.transactionId ?? transactionId;
}

/**
 * Whether a newer profile replaces an older one. A chargingProfileId is unique in the charge point (5.16), and so is a combination of purpose,
 * stack level and connector (3.13.2; a TxDefaultProfile on connector 0 and one on connector 1 may coexist). The database applies the
 * same rule to its copy of the installed profiles.
 */
export function replaces(newer: InstalledProfile, older: InstalledProfile): boolean {
  if (newer.profile.chargingProfileId === older.profile.chargingProfileId) return true;
  return newer.connectorId === older.connectorId && newer.profile.stackLevel === older.profile.stackLevel &&
    newer.profile.chargingProfilePurpose === older.profile.chargingProfilePurpose;
}
