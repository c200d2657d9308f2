/**
 * Starts PostgreSQL again when it has ended while the product runs. Statements fail meanwhile, as they do when an external server
 * is away; the product's address stays the same.
 */
import type { Reached, ServerFacts } from "./server.ts";
import { reachServer } from "./server.ts";
import { pause } from "./pause.ts";

/** The wait before an attempt: doubled after each one that failed. */
const BACK_OFF = { firstMs: 100, mostMs: 10_000 } as const;

/** Watches over a server until `close`, which does not end the server. */
export function watchServer(
  facts: ServerFacts,
  { connection, port }: Reached,
  log: (line: string, facts?: Record<string, unknown>) => void,
): { close(): Promise<void> } {
  const closing = Promise.withResolvers<"closing">();
  let closed = false;
  let current = connection;

  async function again(): Promise<void> {
    log("The connection to PostgreSQL was lost; it is started again when it has ended");
    for (let waitMs: number = BACK_OFF.firstMs; !closed; waitMs = Math.min(2 * waitMs, BACK_OFF.mostMs)) {
      await Promise.race([pause(waitMs), closing.promise]);
      if (closed) return;
      try {
        const reached = await reachServer(facts, port, false);
        current = reached.connection;
        return log(reached.adopted ? "PostgreSQL takes connections again" : "PostgreSQL was started again");
      } catch (error) {
        log("PostgreSQL cannot be started; tried again", { error });
      }
    }
  }

  async function watch(): Promise<void> {
    while (!closed) {
      const event = await Promise.race([current.lost, closing.promise]);
      if (event !== "closing") await again();
    }
  }

  const watching = watch();
  return {
    async close() {
      closed = true;
      closing.resolve("closing");
      await watching;
      await current.close();
    },
  };
}
