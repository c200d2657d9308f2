import { PERMANENT, type Ref } from "../runtime/actor.ts";
import { planSite, type SitePlan } from "./site_plan.ts";
import { type SiteLimitsApp, type SiteMail, SiteSupervisor } from "./site_supervisor.ts";

/** The interface of the site limits for the API. One actor keeps the limits; the plan for an operator is computed at each request. */
export class SiteLimits {
  /** Undefined in the certification preset, in which the product sends only the CALLs that an operator requests. */
  readonly #supervisor: Ref<SiteMail> | undefined;

  constructor(readonly app: SiteLimitsApp) {
    if (app.settings.preset === "certification") return;
    const { system } = app;
    this.#supervisor = system.spawn<SiteMail>(
      "site limits",
      (context) => new SiteSupervisor(context, app),
      PERMANENT,
    );
  }

  /** A site was made, edited or removed. */
  changed(): void {
    this.#supervisor?.tell({ kind: "edited" }, "edited");
  }

  /** The plan as of now, computed also for a site that is off; undefined: there is no such site. Throws StoreError. */
  async plan(siteId: string): Promise<SitePlan | undefined> {
    const { store, chargePoints, system } = this.app;
    const situation = await store.siteGrants.situation(siteId);
    const isConnected = (identity: string) => chargePoints.connection(identity) !== undefined;
    return situation && planSite(situation, { isConnected, now: system.clock.now() });
  }
}
