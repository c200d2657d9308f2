/**
 * A site's plan: what its charge points may draw now (site_state.ts), what they shall draw (site_targets.ts), and what to send next
 * (site_changes.ts). A function of the rows and of who is connected.
 */
import type { Grant, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import { type Change, changesOf, type Reckoned } from "./site_changes.ts";
import { capacityOf } from "./site_rates.ts";
import { countedOf, membersOf } from "./site_state.ts";
import { targetsOf } from "./site_targets.ts";

export interface SitePlan extends Reckoned {
  /** Every row that there is of them. */
  readonly grants: readonly Grant[];
  readonly capacity: readonly number[];
  /** At most one for each charge point. */
  readonly changes: readonly Change[];
}

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
  const reckoned = { site, members, counted: countedOf(site, members), targets: targetsOf(site, members) };
  return {
    ...reckoned,
    grants: situation.grants,
    capacity: capacityOf(site),
    changes: changesOf(reckoned, (identity) => beside.isToBeToldAgain?.(identity) ?? false),
  };
}
