/**
 * Commands that nobody could send in time, and those that a dead process left behind. The first become `expired`; the second
 * become `unknown`: they were sent, or about to be, and are never sent again by themselves.
 */
import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem } from "../runtime/actor.ts";

const LOOK_EVERY_MS = 2000;

export class CommandExpiry {
  /** `expired` hears of each command that has expired; `look` runs at each look for what else is due. */
  constructor(
    readonly system: ActorSystem,
    readonly store: Store,
    readonly due: { expired(command: Command): void; look(): Promise<void> },
  ) {
    system.spawn<"look">("command expiry", (context) => {
      context.after(LOOK_EVERY_MS, "look");
      return {
        receive: async () => {
          context.after(LOOK_EVERY_MS, "look");
          await this.look().catch((error) => system.log.warn("Expired commands could not be looked for", { error }));
        },
      };
    }, { restartsPerMinute: 60 });
  }

  /** Looks once. */
  async look(): Promise<void> {
    await this.due.look();
    const now = this.system.clock.now();
    for (const command of await this.store.commands.expireDue(now)) this.due.expired(command);
    const abandoned = await this.store.commands.loseAbandoned(now);
    if (abandoned > 0) {
      this.system.log.warn(`${abandoned} commands were under way when a process ended; they are unknown now`);
    }
  }
}
