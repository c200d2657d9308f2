/**
 * What a site's charge points may draw at most at this moment, from the rows alone. A connector counts with the largest limit that its charge
 * point may have taken: the one it confirmed, one that is being asked for, one whose answer is missing. It counts with the fail-safe
 * in any case, because a transaction may end and another one begin before we hear of it.
 */
import type { Grant, MemberFacts, RunningTransaction, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import type { MemberSettings, Site } from "../../db/smart_charging/sites.ts";
import { capacityOf, leastOf, mostOf, phasesOf, roundDown } from "./site_rates.ts";

/** One connector. Limits are in the site's unit. */
export interface ConnectorState {
  readonly connectorId: number;
  readonly running: RunningTransaction | null;
  /** What was granted to the running transaction. */
  readonly grant: Grant | null;
  /** What it may draw at most. */
  readonly countedLimit: number;
}

/** One charge point of a site. */
export interface MemberState {
  readonly identity: string;
  readonly facts: MemberFacts;
  readonly memberSettings: MemberSettings;
  readonly connected: boolean;
  /** It can be sent something: connected, registered and not Rejected. */
  readonly reachable: boolean;
  readonly weight: number;
  readonly phases: number;
  readonly least: number;
  readonly most: number;
  /** What its fail-safe shall be, per connector. */
  readonly failSafe: number;
  readonly failSafeGrant: Grant | null;
  /** What a connector without a limit of its own may draw at most. */
  readonly failSafeCounts: number;
  /** It has accepted a fail-safe. */
  readonly controlled: boolean;
  /** It refuses the fail-safe, as often as it was tried. */
  readonly uncontrollable: boolean;
  /** A change is under way, ours or somebody else's: the next one waits for its end. */
  readonly busy: boolean;
  /** The last change was not accepted: the next try is then. */
  readonly restsUntil: Date | null;
  readonly connectors: readonly ConnectorState[];
}

/** The states of all members, in the site's order. */
export function membersOf(
  { site, members, running, grants }: SiteSituation,
  isConnected: (identity: string) => boolean,
  now: Date,
): MemberState[] {
  const grantsOf = Map.groupBy(grants, ({ chargePoint }) => chargePoint);
  const runningAt = Map.groupBy(running, ({ chargePoint }) => chargePoint);
  const basics = members.map((facts) => {
    const memberSettings = site.memberSettings[facts.chargePoint] ?? {};
    const there = runningAt.get(facts.chargePoint) ?? [];
    return { facts, memberSettings, there, count: connectorCount(facts, memberSettings, there) };
  });
  const chosen = chosenFailSafe(site, basics);
  return basics.map(({ facts, memberSettings, there, count }) => {
    const connected = isConnected(facts.chargePoint);
    const most = mostOf(site, memberSettings);
    const own = (grantsOf.get(facts.chargePoint) ?? []).map((grant) => withForeign(grant, most));
    const failSafe = Math.min(most, roundDown(site.failSafe ?? chosen * leastOf(site, memberSettings)));
    const failSafeGrant = own.find((grant) => grant.connectorId === 0 && isOf(site, grant)) ?? null;
    const confirmed = failSafeGrant?.confirmed ?? null;
    const failSafeCounts = ceiling(failSafeGrant, most);
    const retryAts = own.flatMap(({ retryAt }) => retryAt && retryAt > now ? [retryAt] : []);
    return {
      identity: facts.chargePoint,
      facts,
      memberSettings,
      connected,
      reachable: connected && (facts.registration === "Accepted" || facts.registration === "Pending"),
      weight: memberSettings.weight ?? labelledWeight(facts.labels),
      phases: phasesOf(site, memberSettings),
      least: leastOf(site, memberSettings),
      most,
      failSafe,
      failSafeGrant,
      failSafeCounts,
      controlled: confirmed !== null,
      uncontrollable: confirmed === null && (failSafeGrant?.refusals ?? 0) > 0,
      busy: own.some(({ commandId, foreign }) => commandId !== null || foreign === "underWay"),
      restsUntil: retryAts.length > 0 ? new Date(Math.max(...retryAts.map((at) => at.getTime()))) : null,
      connectors: Array.from({ length: count }, (_, i) => {
        const [running, grant] = sessionOn(i + 1, there, own, site);
        return { connectorId: i + 1, running, grant, countedLimit: Math.max(ceiling(grant, 0), failSafeCounts) };
      }),
    };
  });
}

/** What all of them may draw at most, for each entry of the capacity. */
export function countedOf(site: Pick<Site, "limit">, members: readonly MemberState[]): number[] {
  return capacityOf(site).map((_, phase) =>
    members.reduce(
      (sum, { phases, connectors }) =>
        phases >> phase & 1 ? connectors.reduce((more, { countedLimit }) => more + countedLimit, sum) : sum,
      0,
    )
  );
}

/** What runs on a connector, and what was granted to it. */
function sessionOn(
  connectorId: number,
  there: readonly RunningTransaction[],
  grants: readonly Grant[],
  site: Site,
): [RunningTransaction | null, Grant | null] {
  const running = there.find((transaction) => transaction.connectorId === connectorId) ?? null;
  const grant =
    grants.find((one) =>
      running !== null && one.connectorId === connectorId && one.transactionId === running.transactionId &&
      isOf(site, one)
    ) ?? null;
  return [running, grant];
}

/** A limit in another unit is of an older time, and one that was to be cleared may be gone: both say nothing. */
function isOf({ limit }: Site, { unit, clearing }: Grant): boolean {
  return unit === limit.unit && !clearing;
}

/** What somebody else may have put in place of a grant could be anything. */
function withForeign(grant: Grant, most: number): Grant {
  return grant.foreign === null ? grant : { ...grant, doubtful: Math.max(grant.doubtful ?? 0, most) };
}

function ceiling(grant: Grant | null, unknown: number): number {
  return Math.max(grant?.confirmed ?? unknown, grant?.doubtful ?? 0, grant?.asked ?? 0);
}

function connectorCount(
  { highestConnector, keys }: MemberFacts,
  { connectors }: MemberSettings,
  there: readonly RunningTransaction[],
): number {
  const told = Number(keys.numberofconnectors);
  const highest = Math.max(1, highestConnector, Number.isInteger(told) ? told : 0);
  return Math.min(Math.max(connectors ?? highest, ...there.map(({ connectorId }) => connectorId)), CONNECTORS_MAX);
}

/** Charge points report what they like as a connectorId; none has more than this. */
const CONNECTORS_MAX = 100;

function labelledWeight(labels: Readonly<Record<string, string>>): number {
  const weight = Number(labels[WEIGHT_LABEL]);
  return weight > 0 && weight <= 1000 ? weight : 1;
}

/** The label of a charge point that says its weight in any site. */
const WEIGHT_LABEL = "site-weight";

/**
 * Where the operator leaves it to us: 1, the least that is of use for every connector, when that takes at most half of the limit, so that
 * cars can charge while their charge point is offline; else 0, because what is reserved for idle connectors cannot be shared.
 */
function chosenFailSafe(
  site: Site,
  members: readonly { memberSettings: MemberSettings; count: number }[],
): 0 | 1 {
  const fits = capacityOf(site).every((limit, phase) =>
    members.reduce(
      (sum, { memberSettings, count }) =>
        phasesOf(site, memberSettings) >> phase & 1 ? sum + count * leastOf(site, memberSettings) : sum,
      0,
    ) <= limit / 2
  );
  return fits ? 1 : 0;
}
