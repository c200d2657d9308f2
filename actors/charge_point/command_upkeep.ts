/**
 * What becomes of commands without their connection. An end that could not be written while the database was away is written as soon as it
 * can be, so that an answer that was received is not lost to an outage. Commands that were not sent in time become `expired`; those that an
 * ended process left behind become `unknown`: they may have been sent, and are never sent again by themselves.
 */
import type { Command, Settlement } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem, Context, Ref } from "../runtime/actor.ts";

/** What the actor is told. */
export type UpkeepMail =
  | { readonly kind: "endNotWritten"; readonly commandId: string; readonly settlement: Settlement }
  | { readonly kind: "retryDue" }
  | { readonly kind: "lookDue" };

/** What the actor tells the commands. */
export interface Upkept {
  /** A command has expired. */
  expired(command: Command): void;
  /** Connections may have ended while the database was away. Never throws. */
  loseEnded(): Promise<void>;
  /** No command ends any more. */
  over(): void;
}

/** Ends that may wait for the database. Beyond it the oldest is dropped; its row becomes `unknown` at the next start. */
const UNWRITTEN_LIMIT = 10_000;
const RETRY_MS = 1000;
const LOOK_EVERY_MS = 2000;

/** Starts the actor. */
export function keepCommandsUp(system: ActorSystem, store: Store, upkept: Upkept): Ref<UpkeepMail> {
  // A restart takes over what is not written.
  const unwritten = new Map<string, Settlement>();
  return system.spawn<UpkeepMail>("commands", (context) => {
    context.every(LOOK_EVERY_MS, { kind: "lookDue" });
    if (unwritten.size > 0) planRetry(context);
    return {
      async receive(mail) {
        switch (mail.kind) {
          case "endNotWritten":
            unwritten.set(mail.commandId, mail.settlement);
            if (unwritten.size > UNWRITTEN_LIMIT) unwritten.delete(unwritten.keys().next().value!);
            return planRetry(context);
          case "retryDue":
            return await writeAll(unwritten, store) ? undefined : planRetry(context);
          case "lookDue":
            return await look(system, store, upkept);
        }
      },
      async stopped() {
        await writeAll(unwritten, store);
        upkept.over();
      },
    };
  }, { restartsPerMinute: 60, drains: true });
}

function planRetry(context: Context<UpkeepMail>): void {
  context.after(RETRY_MS, { kind: "retryDue" }, "retry");
}

/** False: the database did not take them all. */
async function writeAll(unwritten: Map<string, Settlement>, { commands }: Store): Promise<boolean> {
  for (const [id, settlement] of [...unwritten]) {
    try {
      await commands.settle(id, settlement);
      unwritten.delete(id);
    } catch {
      return false;
    }
  }
  return true;
}

async function look({ clock, log }: ActorSystem, { commands }: Store, upkept: Upkept): Promise<void> {
  await upkept.loseEnded();
  const now = clock.now();
  try {
    for (const command of await commands.expireDue(now)) upkept.expired(command);
    const abandoned = await commands.loseAbandoned(now);
    if (abandoned > 0) log.warn(`${abandoned} commands were under way when a process ended; they are unknown now`);
  } catch (error) {
    log.warn("Expired commands could not be looked for", { error });
  }
}
