/** Has the database look after its planner's statistics: often, because it costs next to nothing as long as nothing has grown. */
import type { Store } from "../db/store.ts";
import type { ActorSystem } from "./actor.ts";

const LOOK_EVERY_MS = 5000;

/** Starts the actor. */
export function watchPlannerStatistics(system: ActorSystem, store: Store): void {
  system.spawn<"look">("planner statistics", (context) => {
    context.after(LOOK_EVERY_MS, "look");
    return {
      receive: async () => {
        await store.keepPlannerStatistics().catch((error) =>
          system.log.debug("The planner's statistics could not be renewed; tried again soon", { error })
        );
        context.after(LOOK_EVERY_MS, "look");
      },
    };
  }, { restartsPerMinute: 60 });
}
