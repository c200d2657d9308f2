/**
 * Converts between the site's unit and the charge point's unit: the maximum of a connector, the minimum of a car, and the limit in the request. Every
 * conversion rounds and estimates so that the car cannot draw more than the site's number.
 */
import type { MemberRecord } from "../../db/smart_charging/site_situation.ts";
import type { MemberSettings, Site } from "../../db/smart_charging/sites.ts";
import type { RequestOf } from "../../ocpp/registry.ts";

/** The fields of a site that conversions depend on. */
export type SiteRates = Pick<Site, "limit" | "voltage" | "failSafe">;

/** IEC 61851: a car charges with 6 A or more, or not at all. */
export const LEAST_AMPS = 6;

/** Maximum of a connector without a `maxAmps` setting: that of a 22 kW charge point. */
const DEFAULT_MAX_AMPS = 32;

/** The site's capacity: one entry per phase if the limit is in amperes, one entry in total if it is in watts. */
export function capacityOf({ limit }: Pick<Site, "limit">): number[] {
  return new Array(limit.unit === "A" ? limit.phases : 1).fill(limit.value);
}

/** The entries of the capacity that a charge point's sessions use, as a bit mask. A single-phase charge point on an unknown phase counts on all. */
export function phasesOf({ limit }: Pick<Site, "limit">, { phases, phase }: MemberSettings): number {
  if (limit.unit === "W" || limit.phases === 1) return 1;
  return phases === 1 && phase !== undefined ? 1 << phase - 1 : 0b111;
}

/** Converts amperes per phase of a charge point into the site's unit. */
export function inSiteUnit(site: SiteRates, memberSettings: MemberSettings, amps: number): number {
  return site.limit.unit === "A" ? amps : roundDown(amps * site.voltage * phaseCount(site, memberSettings));
}

/** The maximum of each connector, in the site's unit. */
export function mostOf(site: SiteRates, memberSettings: MemberSettings): number {
  return inSiteUnit(site, memberSettings, memberSettings.maxAmps ?? DEFAULT_MAX_AMPS);
}

/** The minimum with which a car charges, in the site's unit. */
export function leastOf(site: SiteRates, memberSettings: MemberSettings): number {
  return inSiteUnit(site, memberSettings, LEAST_AMPS);
}

function phaseCount({ limit }: SiteRates, { phases }: MemberSettings): number {
  return phases ?? limit.phases;
}

/** Rounds down to one decimal place (OCPP 1.6 7.14), except for an error of floating-point numbers just below it. */
export function roundDown(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}

/** The charging rate unit of the request: the site's, unless the charge point reports that it supports only the other. Amperes if it reports nothing. */
export function sentUnit({ limit }: SiteRates, { keys }: Pick<MemberRecord, "keys">): "A" | "W" {
  const allowed = (keys.chargingscheduleallowedchargingrateunit ?? "").toLowerCase();
  const current = allowed.includes("current");
  const power = allowed.includes("power");
  if (power && (limit.unit === "W" || !current)) return "W";
  return "A";
}

/**
 * Converts a limit into the unit of the request. Watts to amperes: divided by all phases, since a car on fewer phases draws less. Amperes to watts:
 * multiplied by one phase only, since a car may draw all of it on one phase (errata 3.34: numberPhases does not make it use more).
 */
export function sentLimit(site: SiteRates, memberSettings: MemberSettings, unit: "A" | "W", value: number): number {
  if (unit === site.limit.unit) return roundDown(value);
  if (unit === "A") return roundDown(value / (site.voltage * phaseCount(site, memberSettings)));
  return roundDown(value * site.voltage);
}

/**
 * Charging profile id of the fail-safe. The id of a transaction's limit is this plus the connectorId. Operators use smaller ids.
 */
export const FIRST_PROFILE_ID = 2_000_000_000;

/** Stack levels to try one after the other if the charge point has not reported ChargeProfileMaxStackLevel. */
const STACK_LEVELS = [8, 3, 1, 0];

/** The highest stack level of the charge point, so that the site's limit overrides profiles that an operator installs below it. */
export function stackLevelFor({ keys }: Pick<MemberRecord, "keys">, refusals: number): number {
  return highestStackLevel(keys) ?? STACK_LEVELS[Math.min(refusals, STACK_LEVELS.length - 1)]!;
}

function highestStackLevel(keys: MemberRecord["keys"]): number | undefined {
  const text = keys.chargeprofilemaxstacklevel;
  return text !== null && text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A limit in the site's unit, with the connector and transaction that it applies to. */
export interface Purpose {
  readonly connectorId: number;
  /** Null: the fail-safe of the whole charge point. */
  readonly transactionId: number | null;
  readonly stackLevel: number;
  readonly limit: number;
}

/**
 * The SetChargingProfile request for a limit. The profile is Relative, so it works on a charge point with a wrong clock. It has no end, so it
 * also applies while the charge point is offline.
 */
export function requestFor(
  { connectorId, transactionId, stackLevel, limit }: Purpose,
  site: SiteRates,
  { facts, memberSettings }: { readonly facts: Pick<MemberRecord, "keys">; readonly memberSettings: MemberSettings },
): RequestOf<"SetChargingProfile"> {
  const unit = sentUnit(site, facts);
  const period = {
    startPeriod: 0,
    limit: sentLimit(site, memberSettings, unit, limit),
    ...(phaseCount(site, memberSettings) === 1 && { numberPhases: 1 }),
  };
  return {
    connectorId,
    csChargingProfiles: {
      chargingProfileId: FIRST_PROFILE_ID + connectorId,
      ...(transactionId !== null && { transactionId }),
      stackLevel,
      chargingProfilePurpose: transactionId === null ? "TxDefaultProfile" : "TxProfile",
      chargingProfileKind: "Relative",
      chargingSchedule: { chargingRateUnit: unit, chargingSchedulePeriod: [period] },
    },
  };
}
