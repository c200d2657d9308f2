/**
 * Keeps the statistics of the database's query planner up to date. A check every second is cheap while no table has grown, and tables can grow large within
 * seconds when many charge points connect at once.
 */
import type { Store } from "../../db/store.ts";
import { type ActorSystem, PERMANENT } from "../runtime/actor.ts";

const CHECK_INTERVAL_MS = 1000;

/** Starts the actor, which only has a timer. */
export function watchPlannerStatistics(system: ActorSystem, store: Store): void {
  system.spawn<{ readonly kind: "checkDue" }>("planner statistics", (context) => {
    context.every(CHECK_INTERVAL_MS, { kind: "checkDue" });
    return {
      receive: async () => {
        await store.keepPlannerStatistics().catch((error) =>
          system.log.debug("The planner's statistics could not be updated; retrying soon", { error })
        );
      },
    };
  }, PERMANENT);
}
