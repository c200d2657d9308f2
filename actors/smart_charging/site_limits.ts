import { PERMANENT, type Ref } from "../runtime/actor.ts";
import { planSite, type SitePlan } from "./site_plan.ts";
import { type SiteMail, SiteSupervisor, type Surroundings } from "./site_supervisor.ts";

/** The limits of sites as the API sees them: kept by one actor, and planned anew whenever an operator looks. */
export class SiteLimits {
  /** Undefined in the certification preset, because there the product sends no CALL of its own accord. */
  readonly #supervisor: Ref<SiteMail> | undefined;

  constructor(readonly around: Surroundings) {
    if (around.settings.preset === "certification") return;
    const { system } = around;
    this.#supervisor = system.spawn<SiteMail>(
      "site limits",
      (context) => new SiteSupervisor(context, around),
      PERMANENT,
    );
  }

  /** A site was made, edited or removed. */
  changed(): void {
    this.#supervisor?.tell({ kind: "edited" }, "edited");
  }

  /** What is shared out now, whatever the site's mode; undefined: there is no such site. */
  async plan(siteId: string): Promise<SitePlan | undefined> {
    const { store, chargePoints, system } = this.around;
    const situation = await store.siteGrants.situation(siteId);
    const isConnected = (identity: string) => chargePoints.connection(identity) !== undefined;
    return situation && planSite(situation, { isConnected, now: system.clock.now() });
  }
}
