/**
 * What a look at a site begins with: the rows, after it was written down how commands have ended, ours and those of others that took away what we
 * had installed.
 */
import type { SiteGrants } from "../../db/smart_charging/site_grants.ts";
import type { Grant, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import { endOf, lostOf } from "./site_outcomes.ts";

/** Of a site; undefined: there is no such site. */
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
  if (ends.length > 0) await siteGrants.recordEnds(ends, now);
  if (lost.length > 0) await siteGrants.recordLost(lost);
  for (const { chargePoint, connectorId } of lost) {
    log.warn("Somebody else's command touched what a site's limit had installed; it is installed again", {
      chargePoint,
      connectorId,
    });
  }
  return await siteGrants.situation(siteId);
}

/** The grants at charge points whose site is off or gone. */
export async function learnUngoverned(siteGrants: SiteGrants, now: Date): Promise<Grant[]> {
  const grants = await siteGrants.listUngoverned();
  const ends = grants.flatMap((grant) => endOf(grant, now) ?? []);
  if (ends.length === 0) return grants;
  await siteGrants.recordEnds(ends, now);
  return await siteGrants.listUngoverned();
}
