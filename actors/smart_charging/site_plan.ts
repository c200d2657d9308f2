/**
 * What a site's charge points shall draw, and what to send next so that the sum of what they may draw never passes the limit: what lowers
 * goes out at once, what raises only into room that others have confirmed to have left. A function of the rows and of who is connected.
 */
import type { Grant, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import type { Site } from "../../db/smart_charging/sites.ts";
import { allocate, type Because } from "./allocation.ts";
import { capacityOf, inSiteUnit, roundDown, stackLevelFor } from "./site_rates.ts";
import { type ConnectorState, countedOf, membersOf, type MemberState } from "./site_state.ts";

/** What a session shall get; null: it cannot be told, and keeps what it may draw. */
export interface Target {
  readonly limit: number;
  readonly because: Because;
}

/** One change to send. On connector 0 it is the fail-safe. */
export interface Change {
  readonly chargePoint: string;
  readonly connectorId: number;
  readonly transactionId: number | null;
  readonly stackLevel: number;
  /** In the site's unit. */
  readonly limit: number;
}

export interface SitePlan {
  readonly site: Site;
  readonly members: readonly MemberState[];
  /** Every row that there is of them. */
  readonly grants: readonly Grant[];
  readonly capacity: readonly number[];
  /** What all may draw at most now, for each entry of the capacity. */
  readonly counted: readonly number[];
  /** By `targetKey`. */
  readonly targets: ReadonlyMap<string, Target>;
  /** At most one for each charge point. */
  readonly changes: readonly Change[];
}

const TINY = 1e-6;

/** Smaller raises than this are not worth a command. */
const LEAST_RAISE_AMPS = 0.5;

/** What the rows do not say. */
export interface Beside {
  isConnected(identity: string): boolean;
  /** It has booted: its fail-safe is sent again, although charging profiles survive a reboot (errata 3.37). */
  isToBeToldAgain?(identity: string): boolean;
  readonly now: Date;
}

/** Plans from the rows as they are. */
export function planSite(situation: SiteSituation, beside: Beside): SitePlan {
  const { site } = situation;
  const members = membersOf(situation, beside.isConnected, beside.now);
  const counted = countedOf(site, members);
  const targets = targetsOf(site, members);
  return {
    site,
    members,
    grants: situation.grants,
    capacity: capacityOf(site),
    counted,
    targets,
    changes: changesOf(site, members, counted, targets, beside),
  };
}

/** The key of a connector in `targets`. */
export function targetKey(identity: string, connectorId: number): string {
  return `${identity}/${connectorId}`;
}

/** Whoever cannot be told now keeps what he may draw, and the others share the rest. */
function isHeld({ reachable, uncontrollable }: MemberState): boolean {
  return !reachable || uncontrollable;
}

/**
 * Two allocations. In one, charge points that did not accept their last change are counted with what they may draw: nobody waits for
 * room that they may never leave. What they are told at the next try is from the other one, where they take part like everybody else.
 */
function targetsOf(site: Site, members: readonly MemberState[]): Map<string, Target> {
  const now = share(site, members, (member) => isHeld(member) || member.restsUntil !== null);
  const isResting = members.some((member) => !isHeld(member) && member.restsUntil !== null);
  return isResting ? new Map([...share(site, members, isHeld), ...now]) : now;
}

function share(site: Site, members: readonly MemberState[], held: (member: MemberState) => boolean) {
  const room = capacityOf(site);
  const take = ({ phases }: MemberState, amount: number) =>
    room.forEach((_, phase) => phases >> phase & 1 && (room[phase]! -= amount));
  const sessions = [];
  for (const member of members) {
    const { identity, connectors, failSafe, phases, weight, least, most } = member;
    for (const { connectorId, running, counts } of connectors) {
      if (held(member)) take(member, counts);
      else if (running === null) take(member, failSafe);
      else {
        const since = running.transactionId;
        sessions.push({ id: targetKey(identity, connectorId), weight, floor: failSafe, least, most, phases, since });
      }
    }
  }
  const { granted, because } = allocate(sessions, room);
  return new Map(sessions.map(({ id, floor }, i) => [
    id,
    { limit: Math.max(floor, roundDown(granted[i]!)), because: because[i]! },
  ]));
}

/** A change that may be made, and by how much each of the phases may be drawn more while it is under way. */
interface Wish extends Change {
  readonly phases: number;
  readonly more: number;
  /** What it has for its weight. */
  readonly wealth: number;
}

function changesOf(
  site: Site,
  members: readonly MemberState[],
  counted: readonly number[],
  targets: ReadonlyMap<string, Target>,
  beside: Beside,
): Change[] {
  const room = capacityOf(site).map((limit, phase) => limit - counted[phase]!);
  const isOverdrawn = room.some((free) => free < -TINY);
  const wishes = members.filter(({ reachable, busy, restsUntil }) => reachable && !busy && restsUntil === null)
    .map((member) => wishesOf(site, member, targets, { ...beside, isOverdrawn }));
  const lowering = wishes.flatMap((own) => own.find(({ more }) => more <= TINY) ?? []);
  const raising = wishes.filter((own) => own.every(({ more }) => more > TINY)).flat()
    .sort((a, b) => a.wealth - b.wealth);
  const raised = new Map<string, Change>();
  for (const wish of raising) {
    const uses = (phase: number) => (wish.phases >> phase & 1) === 1;
    if (raised.has(wish.chargePoint) || room.some((free, phase) => uses(phase) && free + TINY < wish.more)) continue;
    room.forEach((_, phase) => uses(phase) && (room[phase]! -= wish.more));
    raised.set(wish.chargePoint, wish);
  }
  return [...lowering, ...raised.values()].map(({ chargePoint, connectorId, transactionId, stackLevel, limit }) => ({
    chargePoint,
    connectorId,
    transactionId,
    stackLevel,
    limit,
  }));
}

/**
 * What a charge point is still to be told, in this order: limits of transactions that run while it has no fail-safe yet, so that they go
 * on charging when it gets one; the fail-safe; limits of transactions.
 */
function wishesOf(
  site: Site,
  member: MemberState,
  targets: ReadonlyMap<string, Target>,
  { isToBeToldAgain, isOverdrawn }: Beside & { readonly isOverdrawn: boolean },
): Wish[] {
  const first: Wish[] = [];
  const later: Wish[] = [];
  for (const connector of member.connectors) {
    const target = targets.get(targetKey(member.identity, connector.connectorId));
    if (!target) continue;
    const wish = sessionWish(
      member,
      connector,
      isOverdrawn ? withoutRaise(member, connector, target.limit) : target.limit,
    );
    if (!member.controlled && connector.grant === null) {
      first.push({ ...wish, limit: Math.min(wish.limit, connector.counts), more: 0 });
    } else if (isWanted(site, member, connector, target.limit)) later.push(wish);
  }
  const failSafe = failSafeWish(member, isToBeToldAgain?.(member.identity) ?? false);
  return [...first, ...(failSafe ? [failSafe] : []), ...later];
}

/**
 * Where a connector counts with more than it has confirmed, because nobody knows what it took, a target below that looks like a lowering. While
 * all together count with more than the limit, it is told no more than what it confirmed: others may still have the rest.
 */
function withoutRaise({ failSafe }: MemberState, { grant }: ConnectorState, limit: number): number {
  if (grant === null || grant.doubtful === null || grant.confirmed === null) return limit;
  return Math.min(limit, Math.max(grant.confirmed, failSafe));
}

function sessionWish(
  member: MemberState,
  { connectorId, running, grant, counts }: ConnectorState,
  limit: number,
): Wish {
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
    more: Math.max(0, limit - counts),
    wealth: (grant?.confirmed ?? failSafe) / weight,
  };
}

/** Every transaction gets a limit of its own, also where it is the fail-safe's: whatever else is installed then yields to it. */
function isWanted(site: Site, member: MemberState, { grant }: ConnectorState, limit: number): boolean {
  if (grant === null || grant.confirmed === null || grant.doubtful !== null) return true;
  const { confirmed } = grant;
  if (limit <= confirmed) return limit < confirmed;
  return limit >= confirmed + inSiteUnit(site, member.particulars, LEAST_RAISE_AMPS) || limit >= member.most ||
    (confirmed < member.least && limit >= member.least);
}

function failSafeWish(member: MemberState, again: boolean): Wish | undefined {
  const { identity, facts, failSafe, failSafeGrant, connectors, phases } = member;
  const isDone = failSafeGrant?.confirmed === failSafe && failSafeGrant.doubtful === null;
  if (isDone && !again) return undefined;
  return {
    chargePoint: identity,
    connectorId: 0,
    transactionId: null,
    stackLevel: failSafeGrant?.confirmed != null
      ? failSafeGrant.stackLevel
      : stackLevelFor(facts, failSafeGrant?.refusals ?? 0),
    limit: failSafe,
    phases,
    more: connectors.reduce((sum, { counts }) => sum + Math.max(0, failSafe - counts), 0),
    wealth: 0,
  };
}
