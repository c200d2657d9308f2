/**
 * Brings the grants in the database up to date with the commands that have ended: those of the site supervisor, and those of operators that replaced
 * an installed limit.
 */
import type { SiteGrants } from "../../db/smart_charging/site_grants.ts";
import type { Grant, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import { endOf, lostOf } from "./site_outcomes.ts";

/** For one site. Returns its rows afterwards; undefined: there is no such site. */
export async function reconcileSite(
  siteGrants: SiteGrants,
  siteId: string,
  { clock, log }: Pick<ActorSystem, "clock" | "log">,
): Promise<SiteSituation | undefined> {
  const now = clock.now();
  const situation = await siteGrants.situation(siteId);
  if (!situation) return undefined;
  const ends = situation.grants.flatMap((grant) => endOf(grant, now) ?? []);
  const lost = lostOf(situation);
  if (ends.length === 0 && lost.length === 0) return situation;
  if (ends.length > 0) await siteGrants.recordOutcomes(ends, now);
  if (lost.length > 0) await siteGrants.recordLost(lost);
  for (const { chargePoint, connectorId } of lost) {
    log.warn(
      "An operator's command may have changed a site's limit at the charge point; the limit is installed again",
      {
        chargePoint,
        connectorId,
      },
    );
  }
  return await siteGrants.situation(siteId);
}

/** For charge points whose site is off or removed. Returns their grants afterwards. */
export async function reconcileUngoverned(siteGrants: SiteGrants, now: Date): Promise<Grant[]> {
  const grants = await siteGrants.listUngoverned();
  const ends = grants.flatMap((grant) => endOf(grant, now) ?? []);
  if (ends.length === 0) return grants;
  await siteGrants.recordOutcomes(ends, now);
  return await siteGrants.listUngoverned();
}
