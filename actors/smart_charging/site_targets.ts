/** What each session of a site shall get of its limit: the fair shares of what those leave who cannot be told. */
import type { Site } from "../../db/smart_charging/sites.ts";
import { allocate } from "./allocation.ts";
import type { LimitReason } from "./water_filling.ts";
import { capacityOf, roundDown } from "./site_rates.ts";
import type { MemberState } from "./site_state.ts";

/** What a session shall get. One that cannot be told now has no target, and keeps what it may draw. */
export interface Target {
  readonly limit: number;
  readonly reason: LimitReason;
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
export function targetsOf(site: Site, members: readonly MemberState[]): Map<string, Target> {
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
    for (const { connectorId, running, countedLimit } of connectors) {
      if (held(member)) take(member, countedLimit);
      else if (running === null) take(member, failSafe);
      else {
        const since = running.transactionId;
        sessions.push({ id: targetKey(identity, connectorId), weight, floor: failSafe, least, most, phases, since });
      }
    }
  }
  const { granted, reason } = allocate(sessions, room);
  return new Map(sessions.map(({ id, floor }, i) => [
    id,
    { limit: Math.max(floor, roundDown(granted[i]!)), reason: reason[i]! },
  ]));
}
