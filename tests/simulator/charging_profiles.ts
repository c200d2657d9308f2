/**
 * The charging profiles that are installed in one charge point (OCPP 1.6 §3.13, §5.16, §5.5): the rules for installing and replacing them, and which
 * ones a ClearChargingProfile removes.
 */

/** `ChargingProfile` of §7.8, as received. */
export interface ChargingProfile {
  readonly chargingProfileId: number;
  readonly transactionId?: number;
  readonly stackLevel: number;
  readonly chargingProfilePurpose: "ChargePointMaxProfile" | "TxDefaultProfile" | "TxProfile";
  readonly chargingProfileKind: "Absolute" | "Recurring" | "Relative";
  readonly recurrencyKind?: "Daily" | "Weekly";
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly chargingSchedule: ChargingSchedule;
}

/** `ChargingSchedule` of §7.13. */
export interface ChargingSchedule {
  readonly duration?: number;
  readonly startSchedule?: string;
  readonly chargingRateUnit: ChargingRateUnit;
  readonly chargingSchedulePeriod: readonly ChargingSchedulePeriod[];
  readonly minChargingRate?: number;
}

/** `ChargingSchedulePeriod` of §7.14: seconds from the start of the schedule, and the limit from then on. */
export interface ChargingSchedulePeriod {
  readonly startPeriod: number;
  readonly limit: number;
  readonly numberPhases?: number;
}

/** Amperes per phase, or watts in total (R 3.70). */
export type ChargingRateUnit = "A" | "W";

/** A charging profile and the connector on which it is installed. */
export interface InstalledProfile {
  readonly connectorId: number;
  readonly profile: ChargingProfile;
}

/** The limits of an installation: configuration keys, and the transaction on the connector. */
export interface InstallationRules {
  readonly maxStackLevel: number;
  readonly maxPeriods: number;
  readonly units: readonly ChargingRateUnit[];
  readonly runningTransactionId?: number;
  readonly transactionRuns: boolean;
}

/** The reason why a profile cannot be installed; undefined when it can. */
export function rejectionReason(
  connectorId: number,
  profile: ChargingProfile,
  rules: InstallationRules,
): string | undefined {
  const { chargingProfilePurpose: purpose, chargingProfileKind: kind, chargingSchedule: schedule } = profile;
  const periods = schedule.chargingSchedulePeriod;
  const isAscending = periods.every((period, index) => period.startPeriod > (periods[index - 1]?.startPeriod ?? -1));
  if (purpose === "ChargePointMaxProfile" && connectorId !== 0) return "a ChargePointMaxProfile must be on connector 0";
  if (purpose === "TxProfile") {
    if (connectorId === 0) return "a TxProfile must be on a connector";
    if (!rules.transactionRuns) return "a TxProfile needs a running transaction";
    if (profile.transactionId !== undefined && profile.transactionId !== rules.runningTransactionId) {
      return "the running transaction has another transactionId";
    }
  }
  if (profile.stackLevel < 0 || profile.stackLevel > rules.maxStackLevel) return "stackLevel is outside the limits";
  if (!rules.units.includes(schedule.chargingRateUnit)) return "chargingRateUnit is not supported";
  if (periods.length === 0 || periods.length > rules.maxPeriods) return "the number of periods is not supported";
  if (periods[0]?.startPeriod !== 0 || !isAscending) return "the periods must start at 0 and ascend (R 3.45)";
  if (kind === "Recurring" && (!profile.recurrencyKind || !schedule.startSchedule)) {
    return "a Recurring profile needs recurrencyKind and startSchedule";
  }
  if (kind === "Relative" && purpose === "ChargePointMaxProfile") return "a Relative profile needs a transaction";
  return undefined;
}

/** All profiles of one charge point. */
export class ChargingProfiles {
  #installed: InstalledProfile[] = [];

  list(): readonly InstalledProfile[] {
    return this.#installed;
  }

  restore(installed: readonly InstalledProfile[]): void {
    this.#installed = [...installed];
  }

  /**
   * Installs a profile. It replaces those with the same id and those with the same connector, purpose and stack level (§5.16.3, §3.13.2). Returns
   * false when `maxInstalled` is reached.
   */
  install(connectorId: number, profile: ChargingProfile, maxInstalled: number): boolean {
    const kept = this.#installed.filter((old) =>
      old.profile.chargingProfileId !== profile.chargingProfileId && !isSameSlot(old, { connectorId, profile })
    );
    if (kept.length >= maxInstalled) return false;
    this.#installed = [...kept, { connectorId, profile }];
    return true;
  }

  /** ClearChargingProfile: with an id, only the id counts; else all given fields must match; without fields all are removed (R 3.25, 3.26). */
  clear(
    filter: { id?: number; connectorId?: number; chargingProfilePurpose?: string; stackLevel?: number },
  ): "Accepted" | "Unknown" {
    const matches = ({ connectorId, profile }: InstalledProfile) =>
      filter.id !== undefined
        ? profile.chargingProfileId === filter.id
        : (filter.connectorId ?? connectorId) === connectorId &&
          (filter.chargingProfilePurpose ?? profile.chargingProfilePurpose) === profile.chargingProfilePurpose &&
          (filter.stackLevel ?? profile.stackLevel) === profile.stackLevel;
    const kept = this.#installed.filter((installed) => !matches(installed));
    const found = kept.length < this.#installed.length;
    this.#installed = kept;
    return found ? "Accepted" : "Unknown";
  }

  /** Removes the TxProfiles of a connector whose transaction has ended (§3.13.1). */
  transactionEnded(connectorId: number): void {
    this.#installed = this.#installed.filter((installed) =>
      installed.connectorId !== connectorId || installed.profile.chargingProfilePurpose !== "TxProfile"
    );
  }
}

function isSameSlot(one: InstalledProfile, other: InstalledProfile): boolean {
  return one.connectorId === other.connectorId && one.profile.stackLevel === other.profile.stackLevel &&
    one.profile.chargingProfilePurpose === other.profile.chargingProfilePurpose;
}
