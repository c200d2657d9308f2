/**
 * A site's plan: how much its charge points may draw now (site_state.ts), how much they should draw (site_targets.ts), and the next changes to
 * send (site_changes.ts). It is a pure function of the database rows and of the open connections.
 */
import type { Grant, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import { type Change, changesOf, type SiteComputation } from "./site_changes.ts";
import { capacityOf } from "./site_rates.ts";
import { countedOf, membersOf } from "./site_state.ts";
import { targetsOf } from "./site_targets.ts";

/** The computed state of a site with the changes to send. */
export interface SitePlan extends SiteComputation {
  /** All stored grants of the site's charge points. */
  readonly grants: readonly Grant[];
  readonly capacity: readonly number[];
  /** At most one for each charge point. */
  readonly changes: readonly Change[];
}

/** The input of a plan that is not in the database. */
export interface PlanInput {
  isConnected(identity: string): boolean;
  /** Whether the charge point has booted: its fail-safe is sent again, although charging profiles survive a reboot (errata 3.37). */
  resendsFailSafe?(identity: string): boolean;
  readonly now: Date;
}

/** Computes the plan; it reads and writes nothing. */
export function planSite(situation: SiteSituation, input: PlanInput): SitePlan {
  const { site } = situation;
  const members = membersOf(situation, input.isConnected, input.now);
  const computed = { site, members, counted: countedOf(site, members), targets: targetsOf(site, members) };
  return {
    ...computed,
    grants: situation.grants,
    capacity: capacityOf(site),
    changes: changesOf(computed, (identity) => input.resendsFailSafe?.(identity) ?? false),
  };
}
