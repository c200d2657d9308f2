/**
 * Computes from the database rows how much a site's charge points may draw at this moment. A connector counts with the largest limit that its charge
 * point may have accepted: the confirmed one, one that was sent, one whose answer is missing. It counts at least with the fail-safe,
 * because another transaction may start before the charge point reports it.
 */
import type { Grant, MemberRecord, RunningTransaction, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import type { MemberSettings, Site } from "../../db/smart_charging/sites.ts";
import { capacityOf, leastOf, mostOf, phasesOf, roundDown } from "./site_rates.ts";

/** One connector. Limits are in the site's unit. */
export interface ConnectorState {
  readonly connectorId: number;
  readonly running: RunningTransaction | null;
  /** The stored limit of the running transaction. */
  readonly grant: Grant | null;
  /** The maximum that it may draw now. */
  readonly countedLimit: number;
}

/** One charge point of a site. */
export interface MemberState {
  readonly identity: string;
  readonly facts: MemberRecord;
  readonly memberSettings: MemberSettings;
  readonly connected: boolean;
  /** The product can send it a command: it is connected, registered and not Rejected. */
  readonly reachable: boolean;
  readonly weight: number;
  readonly phases: number;
  readonly least: number;
  readonly most: number;
  /** The fail-safe that it should have, per connector. */
  readonly failSafe: number;
  readonly failSafeGrant: Grant | null;
  /** The maximum that a connector without a limit of its own may draw now. */
  readonly failSafeCounts: number;
  /** It has accepted a fail-safe. */
  readonly controlled: boolean;
  /** It has refused every fail-safe so far. */
  readonly uncontrollable: boolean;
  /** A command of the product or of an operator changes its limits now: the next change waits for its end. */
  readonly busy: boolean;
  /** When to try again after a change that was not accepted; null: none is waiting. */
  readonly retryAt: Date | null;
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
    const failSafeGrant = own.find((grant) => grant.connectorId === 0 && isCurrent(site, grant)) ?? null;
    const confirmed = failSafeGrant?.confirmed ?? null;
    const failSafeCounts = ceiling(failSafeGrant, most);
    const retryDates = own.flatMap(({ retryAt }) => retryAt && retryAt > now ? [retryAt] : []);
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
      retryAt: retryDates.length > 0 ? new Date(Math.max(...retryDates.map((at) => at.getTime()))) : null,
      connectors: Array.from({ length: count }, (_, i) => {
        const [running, grant] = sessionOn(i + 1, there, own, site);
        return { connectorId: i + 1, running, grant, countedLimit: Math.max(ceiling(grant, 0), failSafeCounts) };
      }),
    };
  });
}

/** The maximum that all members together may draw now, for each entry of the capacity. */
export function countedOf(site: Pick<Site, "limit">, members: readonly MemberState[]): number[] {
  return capacityOf(site).map((_, phase) =>
    members.reduce(
      (sum, { phases, connectors }) =>
        phases >> phase & 1 ? connectors.reduce((more, { countedLimit }) => more + countedLimit, sum) : sum,
      0,
    )
  );
}

/** The running transaction of a connector, and its stored limit. */
function sessionOn(
  connectorId: number,
  there: readonly RunningTransaction[],
  grants: readonly Grant[],
  site: Site,
): [RunningTransaction | null, Grant | null] {
  const running = there.find((transaction) => transaction.connectorId === connectorId) ?? null;
  const grant =
    grants.find((each) =>
      running !== null && each.connectorId === connectorId && each.transactionId === running.transactionId &&
      isCurrent(site, each)
    ) ?? null;
  return [running, grant];
}

/** Whether a grant still applies: one in another unit is from before an edit of the site, and one that is being cleared may be gone. */
function isCurrent({ limit }: Site, { unit, clearing }: Grant): boolean {
  return unit === limit.unit && !clearing;
}

/** An operator's command may have replaced the limit with a higher one, so the maximum counts. */
function withForeign(grant: Grant, most: number): Grant {
  return grant.foreign === null ? grant : { ...grant, doubtful: Math.max(grant.doubtful ?? 0, most) };
}

function ceiling(grant: Grant | null, unknown: number): number {
  return Math.max(grant?.confirmed ?? unknown, grant?.doubtful ?? 0, grant?.asked ?? 0);
}

function connectorCount(
  { highestConnector, keys }: MemberRecord,
  { connectors }: MemberSettings,
  there: readonly RunningTransaction[],
): number {
  const reported = Number(keys.numberofconnectors);
  const highest = Math.max(1, highestConnector, Number.isInteger(reported) ? reported : 0);
  return Math.min(Math.max(connectors ?? highest, ...there.map(({ connectorId }) => connectorId)), CONNECTORS_MAX);
}

/** Bounds the work for a charge point that reports an absurd connectorId. */
const CONNECTORS_MAX = 100;

function labelledWeight(labels: Readonly<Record<string, string>>): number {
  const weight = Number(labels[WEIGHT_LABEL]);
  return weight > 0 && weight <= 1000 ? weight : 1;
}

/** The label with a charge point's weight in every site. */
const WEIGHT_LABEL = "site-weight";

/**
 * The fail-safe as a multiple of a car's minimum, if the operator has not set it. 1 if that reserves at most half of the limit, so that cars can
 * charge while their charge point is offline. Otherwise 0, because the amount that is reserved for idle connectors cannot be shared.
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
