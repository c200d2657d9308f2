/**
 * The charging profiles installed in one charge point (OCPP 1.6 §3.13, §5.16, §5.5): what may be installed, what replaces
 * what, and which ones a ClearChargingProfile takes away.
 */

/** `ChargingProfile` of §7.8, as it came over the wire. */
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

/** `ChargingSchedulePeriod` of §7.14: seconds from the start of the schedule, and the limit from there on. */
export interface ChargingSchedulePeriod {
  readonly startPeriod: number;
  readonly limit: number;
  readonly numberPhases?: number;
}

/** Amperes per phase or watts in all (R 3.70). */
export type ChargingRateUnit = "A" | "W";

/** A profile and the connector that it was installed on. */
export interface InstalledProfile {
  readonly connectorId: number;
  readonly profile: ChargingProfile;
}

/** What limits an installation: configuration keys, and the transaction that runs on the connector. */
export interface InstallationRules {
  readonly maxStackLevel: number;
  readonly maxPeriods: number;
  readonly units: readonly ChargingRateUnit[];
  readonly runningTransactionId?: number;
  readonly transactionRuns: boolean;
}

/** Why a profile cannot be installed; undefined when it can. */
export function objection(connectorId: number, profile: ChargingProfile, rules: InstallationRules): string | undefined {
  const { chargingProfilePurpose: purpose, chargingProfileKind: kind, chargingSchedule: schedule } = profile;
  const periods = schedule.chargingSchedulePeriod;
  const rising = periods.every((period, index) => period.startPeriod > (periods[index - 1]?.startPeriod ?? -1));
  if (purpose === "ChargePointMaxProfile" && connectorId !== 0) return "ChargePointMaxProfile belongs to connector 0";
  if (purpose === "TxProfile") {
    if (connectorId === 0) return "TxProfile belongs to a connector";
    if (!rules.transactionRuns) return "TxProfile without a transaction";
    if (profile.transactionId !== undefined && profile.transactionId !== rules.runningTransactionId) {
      return "another transaction runs";
    }
  }
  if (profile.stackLevel < 0 || profile.stackLevel > rules.maxStackLevel) return "stackLevel is above the limit";
  if (!rules.units.includes(schedule.chargingRateUnit)) return "chargingRateUnit is not supported";
  if (periods.length === 0 || periods.length > rules.maxPeriods) return "the number of periods is not supported";
  if (periods[0]?.startPeriod !== 0 || !rising) return "periods start at 0 and rise (R 3.45)";
  if (kind === "Recurring" && (!profile.recurrencyKind || !schedule.startSchedule)) {
    return "Recurring needs recurrencyKind and startSchedule";
  }
  if (kind === "Relative" && purpose === "ChargePointMaxProfile") return "nothing to be relative to";
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

  /** Installs it; the one with the same id, and the one in the same slot, are replaced (§5.16.3, §3.13.2). False: full. */
  install(connectorId: number, profile: ChargingProfile, maxInstalled: number): boolean {
    const kept = this.#installed.filter((old) =>
      old.profile.chargingProfileId !== profile.chargingProfileId && !isSameSlot(old, { connectorId, profile })
    );
    if (kept.length >= maxInstalled) return false;
    this.#installed = [...kept, { connectorId, profile }];
    return true;
  }

  /** ClearChargingProfile: an id excludes all else, other fields must all fit, none means all (R 3.25, 3.26). */
  clear(
    which: { id?: number; connectorId?: number; chargingProfilePurpose?: string; stackLevel?: number },
  ): "Accepted" | "Unknown" {
    const goes = ({ connectorId, profile }: InstalledProfile) =>
      which.id !== undefined
        ? profile.chargingProfileId === which.id
        : (which.connectorId ?? connectorId) === connectorId &&
          (which.chargingProfilePurpose ?? profile.chargingProfilePurpose) === profile.chargingProfilePurpose &&
          (which.stackLevel ?? profile.stackLevel) === profile.stackLevel;
    const kept = this.#installed.filter((installed) => !goes(installed));
    const found = kept.length < this.#installed.length;
    this.#installed = kept;
    return found ? "Accepted" : "Unknown";
  }

  /** A transaction on this connector is over: its own profiles go (§3.13.1). */
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
