/**
 * Chooses the next changes to send, so that the charge points of a site together never draw more than its limit. A lower limit is sent at once. A
 * higher limit is sent only when other charge points have confirmed lower limits and left enough free capacity.
 */
import type { Grant } from "../../db/smart_charging/site_situation.ts";
import type { Site } from "../../db/smart_charging/sites.ts";
import { capacityOf, inSiteUnit, stackLevelFor } from "./site_rates.ts";
import type { ConnectorState, MemberState } from "./site_state.ts";
import { type Target, targetKey } from "./site_targets.ts";

/** A limit to send to a charge point. Connector 0: its fail-safe. */
export interface Change {
  readonly chargePoint: string;
  readonly connectorId: number;
  readonly transactionId: number | null;
  readonly stackLevel: number;
  /** In the site's unit. */
  readonly limit: number;
}

/** Tolerance for rounding errors. */
const TINY = 1e-6;

/** A limit is not raised by less than this. */
const LEAST_RAISE_AMPS = 0.5;

/** A change that could be made. */
interface Candidate extends Change {
  /** The phases that it concerns, as a bit mask. */
  readonly phases: number;
  /** How much more the charge point may draw on each of these phases once the change is sent. */
  readonly more: number;
  /** The confirmed limit per weight: the lowest is raised first. */
  readonly limitPerWeight: number;
}

/** The computed state of a site, from which the changes follow. */
export interface SiteComputation {
  readonly site: Site;
  readonly members: readonly MemberState[];
  /** The maximum that all together may draw now, for each entry of the capacity. */
  readonly counted: readonly number[];
  /** By `targetKey`. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** The changes, at most one for each charge point. `resendsFailSafe`: the fail-safe is sent although it is confirmed. */
export function changesOf(
  { site, members, counted, targets }: SiteComputation,
  resendsFailSafe: (identity: string) => boolean,
): Change[] {
  const free = capacityOf(site).map((limit, phase) => limit - counted[phase]!);
  const isOverdrawn = free.some((amount) => amount < -TINY);
  const candidates = members.filter(({ reachable, busy, retryAt }) => reachable && !busy && retryAt === null)
    .map((member) =>
      candidatesOf(site, member, targets, { isOverdrawn, resendsFailSafe: resendsFailSafe(member.identity) })
    );
  const lowering = candidates.flatMap((own) => own.find(({ more }) => more <= TINY) ?? []);
  const raising = candidates.filter((own) => own.every(({ more }) => more > TINY)).flat()
    .sort((a, b) => a.limitPerWeight - b.limitPerWeight);
  const raised = new Map<string, Change>();
  for (const raise of raising) {
    const uses = (phase: number) => (raise.phases >> phase & 1) === 1;
    const fits = free.every((amount, phase) => !uses(phase) || amount + TINY >= raise.more);
    if (raised.has(raise.chargePoint) || !fits) continue;
    free.forEach((_, phase) => uses(phase) && (free[phase]! -= raise.more));
    raised.set(raise.chargePoint, raise);
  }
  return [...lowering, ...raised.values()].map(({ chargePoint, connectorId, transactionId, stackLevel, limit }) => ({
    chargePoint,
    connectorId,
    transactionId,
    stackLevel,
    limit,
  }));
}

/** The next limit to clear at each charge point whose site is off or removed. A charge point gets no command before its last one has ended. */
export function clearsOf(grants: readonly Grant[], isConnected: (identity: string) => boolean, now: Date): Grant[] {
  return [...Map.groupBy(grants, ({ chargePoint }) => chargePoint).values()].flatMap((own) => {
    const isWaiting = own.some(({ commandId, retryAt }) => commandId !== null || retryAt !== null && retryAt > now);
    // The limits of transactions first, the fail-safe last.
    const next = own.at(-1)!;
    return isWaiting || !isConnected(next.chargePoint) ? [] : [next];
  });
}

/**
 * The changes that a charge point needs. First come the limits of running transactions if it has no fail-safe yet, because they would stop
 * charging when it gets one. Then comes the fail-safe. The limits of other transactions are last.
 */
function candidatesOf(
  site: Site,
  member: MemberState,
  targets: ReadonlyMap<string, Target>,
  { isOverdrawn, resendsFailSafe }: { readonly isOverdrawn: boolean; readonly resendsFailSafe: boolean },
): Candidate[] {
  const first: Candidate[] = [];
  const later: Candidate[] = [];
  for (const connector of member.connectors) {
    const target = targets.get(targetKey(member.identity, connector.connectorId));
    if (!target) continue;
    const candidate = sessionCandidate(
      member,
      connector,
      isOverdrawn ? withoutRaise(member, connector, target.limit) : target.limit,
    );
    if (!member.controlled && connector.grant === null) {
      first.push({ ...candidate, limit: Math.min(candidate.limit, connector.countedLimit), more: 0 });
    } else if (isNeeded(site, member, connector, target.limit)) later.push(candidate);
  }
  const failSafe = failSafeCandidate(member, resendsFailSafe);
  return [...first, ...(failSafe ? [failSafe] : []), ...later];
}

/**
 * A connector whose limit is in doubt counts with more than it confirmed. A target between the two looks like a lower limit but may raise the
 * current. While the sum of all is above the site's limit, the connector therefore gets no more than it confirmed.
 */
function withoutRaise({ failSafe }: MemberState, { grant }: ConnectorState, limit: number): number {
  if (grant === null || grant.doubtful === null || grant.confirmed === null) return limit;
  return Math.min(limit, Math.max(grant.confirmed, failSafe));
}

function sessionCandidate(
  member: MemberState,
  { connectorId, running, grant, countedLimit }: ConnectorState,
  limit: number,
): Candidate {
  const { identity, facts, failSafeGrant, failSafe, phases, weight } = member;
  return {
    chargePoint: identity,
    connectorId,
    transactionId: running!.transactionId,
    stackLevel: grant?.confirmed != null
      ? grant.stackLevel
      : failSafeGrant?.confirmed != null
      ? failSafeGrant.stackLevel
      : stackLevelFor(facts, grant?.refusals ?? 0),
    limit,
    phases,
    more: Math.max(0, limit - countedLimit),
    limitPerWeight: (grant?.confirmed ?? failSafe) / weight,
  };
}

/** Every transaction gets a limit of its own, even if it equals the fail-safe, because it overrides other profiles of the charge point. */
function isNeeded(site: Site, member: MemberState, { grant }: ConnectorState, limit: number): boolean {
  if (grant === null || grant.confirmed === null || grant.doubtful !== null) return true;
  const { confirmed } = grant;
  if (limit <= confirmed) return limit < confirmed;
  return limit >= confirmed + inSiteUnit(site, member.memberSettings, LEAST_RAISE_AMPS) || limit >= member.most ||
    (confirmed < member.least && limit >= member.least);
}

function failSafeCandidate(member: MemberState, isResent: boolean): Candidate | undefined {
  const { identity, facts, failSafe, failSafeGrant, connectors, phases } = member;
  const isDone = failSafeGrant?.confirmed === failSafe && failSafeGrant.doubtful === null;
  if (isDone && !isResent) return undefined;
  return {
    chargePoint: identity,
    connectorId: 0,
    transactionId: null,
    stackLevel: failSafeGrant?.confirmed != null
      ? failSafeGrant.stackLevel
      : stackLevelFor(facts, failSafeGrant?.refusals ?? 0),
    limit: failSafe,
    phases,
    more: connectors.reduce((sum, { countedLimit }) => sum + Math.max(0, failSafe - countedLimit), 0),
    limitPerWeight: 0,
  };
}
