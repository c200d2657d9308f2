/**
 * The actor that ends commands which no connection ends. During an outage of the database it retries to record ends, so that no answer is lost. Commands
 * that were not sent in time become `expired`. Commands that were under way in a process that ended become `unknown`: the charge point may
 * have got them, so they are not sent again.
 */
import type { Command, Settlement } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem, Context, Ref } from "../runtime/actor.ts";

/** `endNotWritten`: the end of a command could not be recorded. */
export type UpkeepMail =
  | { readonly kind: "endNotWritten"; readonly commandId: string; readonly settlement: Settlement }
  | { readonly kind: "retryDue" }
  | { readonly kind: "checkDue" };

/** The calls of the actor to `Commands`. */
export interface UpkeepCallbacks {
  /** A command has expired. */
  expired(command: Command): void;
  /** Ends the commands of connections that ended during an outage. Never throws. */
  loseEnded(): Promise<void>;
  /** The actor has stopped: no command ends after this. */
  over(): void;
}

/** Ends that may wait for the database, at most. Then the oldest is dropped, and its row becomes `unknown` at the next start. */
const UNWRITTEN_MAX = 10_000;
const RETRY_MS = 1000;
const CHECK_INTERVAL_MS = 2000;

/** Starts the actor and returns its reference. */
export function keepCommandsUp(system: ActorSystem, store: Store, callbacks: UpkeepCallbacks): Ref<UpkeepMail> {
  // Outside of the actor, so that a restart does not lose it.
  const unwritten = new Map<string, Settlement>();
  return system.spawn<UpkeepMail>("commands", (context) => {
    context.every(CHECK_INTERVAL_MS, { kind: "checkDue" });
    if (unwritten.size > 0) scheduleRetry(context);
    return {
      async receive(mail) {
        switch (mail.kind) {
          case "endNotWritten":
            unwritten.set(mail.commandId, mail.settlement);
            if (unwritten.size > UNWRITTEN_MAX) unwritten.delete(unwritten.keys().next().value!);
            return scheduleRetry(context);
          case "retryDue":
            return await writeAll(unwritten, store) ? undefined : scheduleRetry(context);
          case "checkDue":
            return await check(system, store, callbacks);
        }
      },
      async stopped() {
        await writeAll(unwritten, store);
        callbacks.over();
      },
    };
  }, { restartsPerMinute: 60, drains: true });
}

function scheduleRetry(context: Context<UpkeepMail>): void {
  context.after(RETRY_MS, { kind: "retryDue" }, "retry");
}

/** Returns false if the database did not answer. */
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

async function check({ clock, log }: ActorSystem, { commands }: Store, callbacks: UpkeepCallbacks): Promise<void> {
  await callbacks.loseEnded();
  const now = clock.now();
  try {
    for (const command of await commands.expireDue(now)) callbacks.expired(command);
    const abandoned = await commands.loseAbandoned(now);
    if (abandoned > 0) {
      log.warn(`${abandoned} commands were under way when a process ended; their state is unknown now`);
    }
  } catch (error) {
    log.warn("Expired commands could not be read; retrying soon", { error });
  }
}
