/**
 * Starts PostgreSQL again when it has ended while the product runs, and passes its problems on to our log. Statements fail meanwhile,
 * as they do when an external server is away; the product's address stays the same.
 */
import type { Connection } from "./connection.ts";
import { pause } from "./pause.ts";
import { type Reached, reachServer, type ServerFacts } from "./server.ts";
import { isServerProblem, type LogRecord } from "./server_log.ts";

/** Tells the operator. */
export type Log = (line: string, facts?: Record<string, unknown>) => void;

/** The wait before an attempt: doubled after each one that failed. */
const BACK_OFF = { firstMs: 100, mostMs: 10_000 } as const;

/** How often PostgreSQL's log is looked into. */
const LOOK_MS = 1000;

/** The same problem is passed on once in so many looks: a full disk is written about with every statement. */
const REPEAT_AFTER_LOOKS = 60;

/** Watches over a server until `close`, which does not end the server. */
export function watchServer(facts: ServerFacts, reached: Reached, log: Log): { close(): Promise<void> } {
  const closing = new AbortController();
  const { signal } = closing;
  const closed = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  let current: Connection = reached.connection;
  const watching = (async () => {
    for (;;) {
      await Promise.race([current.lost, closed]);
      if (signal.aborted) return;
      log("The connection to PostgreSQL was lost; PostgreSQL is started again if it has ended");
      current = await reachAgain(facts, reached.port, log, signal) ?? current;
    }
  })();
  const logWatch = watchLog(facts, log);
  return {
    async close() {
      closing.abort();
      await watching;
      await current.close();
      await logWatch.close();
    },
  };
}

/** Tries until it succeeds, or until the signal. Tells the same failure once. */
async function reachAgain(
  facts: ServerFacts,
  port: number,
  log: Log,
  signal: AbortSignal,
): Promise<Connection | undefined> {
  let told: string | undefined;
  for (let waitMs: number = BACK_OFF.firstMs;; waitMs = Math.min(2 * waitMs, BACK_OFF.mostMs)) {
    await pause(waitMs, signal);
    if (signal.aborted) return undefined;
    try {
      const { connection, adopted } = await reachServer(facts, port, false);
      log(adopted ? "PostgreSQL takes connections again" : "PostgreSQL was started again");
      return connection;
    } catch (error) {
      const said = String(error);
      if (said !== told) log("PostgreSQL cannot be started; this is tried again every few seconds", { error });
      told = said;
    }
  }
}

/** Passes on what PostgreSQL writes about problems of its own. */
function watchLog({ serverLog }: ServerFacts, log: Log): { close(): Promise<void> } {
  const quietUntil = new Map<string, number>();
  let looks = 0;
  let looking: Promise<void> | undefined;
  const tell = (record: LogRecord) => {
    const key = `${record.error_severity} ${record.state_code} ${record.message.replaceAll(/\d+/g, "#")}`;
    if ((quietUntil.get(key) ?? 0) > looks) return;
    quietUntil.set(key, looks + REPEAT_AFTER_LOOKS);
    const { error_severity: severity, message, detail, hint } = record;
    log(`PostgreSQL reports: ${message}`, { severity, ...(detail && { detail }), ...(hint && { hint }) });
  };
  const look = async () => {
    looks++;
    for (const [key, until] of quietUntil) if (until <= looks) quietUntil.delete(key);
    try {
      (await serverLog.next()).filter(isServerProblem).forEach(tell);
    } catch (error) {
      tell({ error_severity: "LOG", message: `its log cannot be read: ${(error as Error).message}` });
    }
  };
  const timer = setInterval(() => looking ??= look().finally(() => looking = undefined), LOOK_MS);
  return {
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
