/**
 * Has the database look after its planner's statistics. Often: as long as nothing has grown it costs next to nothing, and a network that comes
 * online at once makes a small table large within seconds.
 */
import type { Store } from "../../db/store.ts";
import { type ActorSystem, PERMANENT } from "../runtime/actor.ts";

const LOOK_EVERY_MS = 1000;

/** Starts the actor. */
export function watchPlannerStatistics(system: ActorSystem, store: Store): void {
  system.spawn<{ readonly kind: "lookDue" }>("planner statistics", (context) => {
    context.every(LOOK_EVERY_MS, { kind: "lookDue" });
    return {
      receive: async () => {
        await store.keepPlannerStatistics().catch((error) =>
          system.log.debug("The planner's statistics could not be renewed; tried again soon", { error })
        );
      },
    };
  }, PERMANENT);
}
