/**
 * What to send next, so that the sum of what a site's charge points may draw never passes its limit: what lowers goes out at once, what raises
 * only into room that others have confirmed to have left.
 */
import type { Grant } from "../../db/smart_charging/site_situation.ts";
import type { Site } from "../../db/smart_charging/sites.ts";
import { capacityOf, inSiteUnit, stackLevelFor } from "./site_rates.ts";
import type { ConnectorState, MemberState } from "./site_state.ts";
import { type Target, targetKey } from "./site_targets.ts";

/** One change to send. On connector 0 it is the fail-safe. */
export interface Change {
  readonly chargePoint: string;
  readonly connectorId: number;
  readonly transactionId: number | null;
  readonly stackLevel: number;
  /** In the site's unit. */
  readonly limit: number;
}

const TINY = 1e-6;

/** Smaller raises than this are not worth a command. */
const LEAST_RAISE_AMPS = 0.5;

/** A change that may be made, and by how much each of the phases may be drawn more while it is under way. */
interface Wish extends Change {
  readonly phases: number;
  readonly more: number;
  /** What it has for its weight. */
  readonly wealth: number;
}

/** What is reckoned before anything is sent. */
export interface Reckoned {
  readonly site: Site;
  readonly members: readonly MemberState[];
  /** What all may draw at most now, for each entry of the capacity. */
  readonly counted: readonly number[];
  /** By `targetKey`. */
  readonly targets: ReadonlyMap<string, Target>;
}

/** The changes, one for each charge point at most. `isToBeToldAgain`: its fail-safe is sent although it is confirmed. */
export function changesOf(
  { site, members, counted, targets }: Reckoned,
  isToBeToldAgain: (identity: string) => boolean,
): Change[] {
  const room = capacityOf(site).map((limit, phase) => limit - counted[phase]!);
  const isOverdrawn = room.some((free) => free < -TINY);
  const wishes = members.filter(({ reachable, busy, restsUntil }) => reachable && !busy && restsUntil === null)
    .map((member) => wishesOf(site, member, targets, { isOverdrawn, isToldAgain: isToBeToldAgain(member.identity) }));
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

/** What to clear next at charge points whose site is off or gone, one after the other; nobody is sent anything before the last try has ended. */
export function clearsOf(grants: readonly Grant[], isConnected: (identity: string) => boolean, now: Date): Grant[] {
  return [...Map.groupBy(grants, ({ chargePoint }) => chargePoint).values()].flatMap((own) => {
    const isWaiting = own.some(({ commandId, retryAt }) => commandId !== null || retryAt !== null && retryAt > now);
    // The limits of transactions first, the fail-safe last.
    const next = own.at(-1)!;
    return isWaiting || !isConnected(next.chargePoint) ? [] : [next];
  });
}

/**
 * What a charge point is still to be told, in this order: limits of transactions that run while it has no fail-safe yet, so that they go
 * on charging when it gets one; the fail-safe; limits of transactions.
 */
function wishesOf(
  site: Site,
  member: MemberState,
  targets: ReadonlyMap<string, Target>,
  { isOverdrawn, isToldAgain }: { readonly isOverdrawn: boolean; readonly isToldAgain: boolean },
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
      first.push({ ...wish, limit: Math.min(wish.limit, connector.countedLimit), more: 0 });
    } else if (isWanted(site, member, connector, target.limit)) later.push(wish);
  }
  const failSafe = failSafeWish(member, isToldAgain);
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
  { connectorId, running, grant, countedLimit }: ConnectorState,
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
    more: Math.max(0, limit - countedLimit),
    wealth: (grant?.confirmed ?? failSafe) / weight,
  };
}

/** Every transaction gets a limit of its own, also where it is the fail-safe's: whatever else is installed then yields to it. */
function isWanted(site: Site, member: MemberState, { grant }: ConnectorState, limit: number): boolean {
  if (grant === null || grant.confirmed === null || grant.doubtful !== null) return true;
  const { confirmed } = grant;
  if (limit <= confirmed) return limit < confirmed;
  return limit >= confirmed + inSiteUnit(site, member.memberSettings, LEAST_RAISE_AMPS) || limit >= member.most ||
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
    more: connectors.reduce((sum, { countedLimit }) => sum + Math.max(0, failSafe - countedLimit), 0),
    wealth: 0,
  };
}
