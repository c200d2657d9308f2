/**
 * From a site's numbers to a charge point's and back: what a connector can draw, what is of use to a car, and the limit as it is sent. A
 * conversion is always to the safe side: whatever the car does with the limit that is sent, the site's number is not exceeded.
 */
import type { MemberFacts } from "../../db/smart_charging/site_situation.ts";
import type { MemberSettings, Site } from "../../db/smart_charging/sites.ts";
import type { RequestOf } from "../../ocpp/registry.ts";

/** What decides about conversions. */
export type SiteRates = Pick<Site, "limit" | "voltage" | "failSafe">;

/** IEC 61851: a car is offered 6 A or nothing. */
export const LEAST_AMPS = 6;

/** Of a connector about which nothing is said: a 22 kW charge point. */
const USUAL_AMPS = 32;

/** Entries of the capacity: the phases where the limit is in amperes, one where it is in watts over all of them. */
export function capacityOf({ limit }: Pick<Site, "limit">): number[] {
  return new Array(limit.unit === "A" ? limit.phases : 1).fill(limit.value);
}

/** The entries of the capacity that a charge point's sessions use. A single-phase one that could be on any phase counts on all. */
export function phasesOf({ limit }: Pick<Site, "limit">, { phases, phase }: MemberSettings): number {
  if (limit.unit === "W" || limit.phases === 1) return 1;
  return phases === 1 && phase !== undefined ? 1 << phase - 1 : 0b111;
}

/** Amperes per phase of a charge point in the site's unit. */
export function inSiteUnit(site: SiteRates, memberSettings: MemberSettings, amps: number): number {
  return site.limit.unit === "A" ? amps : roundDown(amps * site.voltage * phaseCount(site, memberSettings));
}

/** What each connector can draw at most, in the site's unit. */
export function mostOf(site: SiteRates, memberSettings: MemberSettings): number {
  return inSiteUnit(site, memberSettings, memberSettings.maxAmps ?? USUAL_AMPS);
}

/** What a car needs to charge at all, in the site's unit. */
export function leastOf(site: SiteRates, memberSettings: MemberSettings): number {
  return inSiteUnit(site, memberSettings, LEAST_AMPS);
}

function phaseCount({ limit }: SiteRates, { phases }: MemberSettings): number {
  return phases ?? limit.phases;
}

/** 7.14: one digit after the point, downwards. What is only off by the rounding of binary numbers stays. */
export function roundDown(value: number): number {
  return Math.floor(value * 10 + 1e-6) / 10;
}

/** The charging rate unit that a charge point takes: the site's, unless it says that it knows only the other one. Amperes when it says nothing. */
export function sentUnit({ limit }: SiteRates, { keys }: Pick<MemberFacts, "keys">): "A" | "W" {
  const allowed = (keys.chargingscheduleallowedchargingrateunit ?? "").toLowerCase();
  const current = allowed.includes("current");
  const power = allowed.includes("power");
  if (power && (limit.unit === "W" || !current)) return "W";
  return "A";
}

/**
 * A limit in the unit that is sent. Watts into amperes: a car on fewer phases draws less. Amperes into watts: as if all of it were drawn on
 * one phase, because a car may do that (errata 3.34: numberPhases does not make it use more).
 */
export function sentLimit(site: SiteRates, memberSettings: MemberSettings, unit: "A" | "W", value: number): number {
  if (unit === site.limit.unit) return roundDown(value);
  if (unit === "A") return roundDown(value / (site.voltage * phaseCount(site, memberSettings)));
  return roundDown(value * site.voltage);
}

/** Ids from here on are ours: the fail-safe's, and with the connectorId added that of a transaction's limit. Operators count from below. */
export const FIRST_PROFILE_ID = 2_000_000_000;

/** Stack levels that are tried one after the other where a charge point has not told its highest. */
const STACK_LEVELS = [8, 3, 1, 0];

/** The highest level that the charge point knows: whatever an operator installs below it yields to the site's limit. */
export function stackLevelFor({ keys }: Pick<MemberFacts, "keys">, refusals: number): number {
  return highestStackLevel(keys) ?? STACK_LEVELS[Math.min(refusals, STACK_LEVELS.length - 1)]!;
}

function highestStackLevel(keys: MemberFacts["keys"]): number | undefined {
  const text = keys.chargeprofilemaxstacklevel;
  return text !== null && text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A limit in the site's unit, and what it is for. */
export interface Purpose {
  readonly connectorId: number;
  /** Null: the fail-safe of the whole charge point. */
  readonly transactionId: number | null;
  readonly stackLevel: number;
  readonly limit: number;
}

/**
 * The request that carries a limit. Relative, so that a charge point whose clock is wrong keeps to it all the same, and without an end, so
 * that it holds as long as the charge point is offline.
 */
export function requestFor(
  { connectorId, transactionId, stackLevel, limit }: Purpose,
  site: SiteRates,
  { facts, memberSettings }: { readonly facts: Pick<MemberFacts, "keys">; readonly memberSettings: MemberSettings },
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
