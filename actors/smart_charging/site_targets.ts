/** Computes the limit that each session of a site should get: its fair share of the capacity that the other charge points leave. */
import type { Site } from "../../db/smart_charging/sites.ts";
import { allocate } from "./allocation.ts";
import type { LimitReason } from "./water_filling.ts";
import { capacityOf, roundDown } from "./site_rates.ts";
import type { MemberState } from "./site_state.ts";

/** The limit that a session should get. A session whose limit cannot be changed now has no target. */
export interface Target {
  readonly limit: number;
  readonly reason: LimitReason;
}

/** The key of a connector in `targets`. */
export function targetKey(identity: string, connectorId: number): string {
  return `${identity}/${connectorId}`;
}

/** Whether the product cannot change the limits of a charge point now. They are then subtracted from the capacity. */
function isHeld({ reachable, uncontrollable }: MemberState): boolean {
  return !reachable || uncontrollable;
}

/**
 * The targets of all sessions. Charge points that did not accept their last change count with the maximum that they may draw, so that other charge
 * points do not wait for them. Their own targets, for the next attempt, come from a second allocation in which they get a fair share.
 */
export function targetsOf(site: Site, members: readonly MemberState[]): Map<string, Target> {
  const now = share(site, members, (member) => isHeld(member) || member.retryAt !== null);
  const isRetrying = members.some((member) => !isHeld(member) && member.retryAt !== null);
  return isRetrying ? new Map([...share(site, members, isHeld), ...now]) : now;
}

function share(site: Site, members: readonly MemberState[], held: (member: MemberState) => boolean) {
  const free = capacityOf(site);
  const take = ({ phases }: MemberState, amount: number) =>
    free.forEach((_, phase) => phases >> phase & 1 && (free[phase]! -= amount));
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
  const { granted, reason } = allocate(sessions, free);
  return new Map(sessions.map(({ id, floor }, i) => [
    id,
    { limit: Math.max(floor, roundDown(granted[i]!)), reason: reason[i]! },
  ]));
}
