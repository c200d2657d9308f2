import type { ChargingProfile } from "../types/charging_profile.ts";

/** A charging profile in a charge point: what was sent, and where it was put (3.13, 5.16). */
export interface InstalledProfile {
  /** 0 for a ChargePointMaxProfile, and for a TxDefaultProfile of every connector (errata 3.53). */
  readonly connectorId: number;
  readonly profile: ChargingProfile;
  /**
   * The transaction that a TxProfile without a transactionId of its own belongs to. One that came with RemoteStartTransaction has
   * none until its transaction starts (errata 3.41, 3.42). Without either, it applies to whatever runs on its connector.
   */
  readonly transactionId?: number;
}

/** The only transaction that an installed TxProfile applies to; undefined: any on its connector. */
export function transactionOf({ profile, transactionId }: InstalledProfile): number | undefined {
  return profile.transactionId ?? transactionId;
}

/**
 * Whether the older profile leaves when the newer one is put in: a chargingProfileId is unique over the charge point, wherever it sits
 * (5.16), and a slot is purpose, stack level and connector (3.13.2; a TxDefaultProfile on connector 0 and one on 1 may coexist). The
 * database keeps the mirror by the same rule.
 */
export function replaces(newer: InstalledProfile, older: InstalledProfile): boolean {
  if (newer.profile.chargingProfileId === older.profile.chargingProfileId) return true;
  return newer.connectorId === older.connectorId && newer.profile.stackLevel === older.profile.stackLevel &&
    newer.profile.chargingProfilePurpose === older.profile.chargingProfilePurpose;
}
