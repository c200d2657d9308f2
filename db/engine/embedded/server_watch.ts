/**
 * Restarts PostgreSQL when it ends while the product runs, and copies its problems to our log. Until it runs again, statements fail as they
 * do when an external server is not reachable. The address of the database does not change.
 */
import type { Connection } from "./connection.ts";
import { pause } from "./pause.ts";
import { ensureRunning, type RunningServer, type ServerOptions } from "./server.ts";
import { isServerProblem, type LogRecord } from "./server_log.ts";

/** Writes a line to the product's log. */
export type Log = (line: string, fields?: Record<string, unknown>) => void;

/** The wait before an attempt, which doubles after each failed one. */
const BACK_OFF = { firstMs: 100, mostMs: 10_000 } as const;

/** How often PostgreSQL's log is read. */
const READ_INTERVAL_MS = 1000;

/** The same problem is logged once in this many reads: PostgreSQL reports a full disk for every statement. */
const REPEAT_AFTER_READS = 60;

/** Watches a server until `close`, which does not stop the server. */
export function watchServer(server: ServerOptions, running: RunningServer, log: Log): { close(): Promise<void> } {
  const closing = new AbortController();
  const { signal } = closing;
  const closed = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  let current: Connection = running.connection;
  const watching = (async () => {
    for (;;) {
      await Promise.race([current.lost, closed]);
      if (signal.aborted) return;
      log("The connection to PostgreSQL was lost; PostgreSQL is restarted if it has ended");
      current = await reconnect(server, running.port, log, signal) ?? current;
    }
  })();
  const logWatch = watchLog(server, log);
  return {
    async close() {
      closing.abort();
      await watching;
      await current.close();
      await logWatch.close();
    },
  };
}

/** Retries until it succeeds, or until the signal. Logs the same failure once. */
async function reconnect(
  server: ServerOptions,
  port: number,
  log: Log,
  signal: AbortSignal,
): Promise<Connection | undefined> {
  let logged: string | undefined;
  for (let waitMs: number = BACK_OFF.firstMs;; waitMs = Math.min(2 * waitMs, BACK_OFF.mostMs)) {
    await pause(waitMs, signal);
    if (signal.aborted) return undefined;
    try {
      const { connection, adopted } = await ensureRunning(server, port, false);
      log(adopted ? "PostgreSQL accepts connections again" : "PostgreSQL was restarted");
      return connection;
    } catch (error) {
      const failure = String(error);
      if (failure !== logged) log("PostgreSQL cannot be started; this is retried every few seconds", { error });
      logged = failure;
    }
  }
}

/** Copies PostgreSQL's problems from its log to ours. */
function watchLog({ serverLog }: ServerOptions, log: Log): { close(): Promise<void> } {
  const suppressedUntil = new Map<string, number>();
  let reads = 0;
  let reading: Promise<void> | undefined;
  const report = (record: LogRecord) => {
    const key = `${record.error_severity} ${record.state_code} ${record.message.replaceAll(/\d+/g, "#")}`;
    if ((suppressedUntil.get(key) ?? 0) > reads) return;
    suppressedUntil.set(key, reads + REPEAT_AFTER_READS);
    const { error_severity: severity, message, detail, hint } = record;
    log(`PostgreSQL reports: ${message}`, { severity, ...(detail && { detail }), ...(hint && { hint }) });
  };
  const read = async () => {
    reads++;
    for (const [key, until] of suppressedUntil) if (until <= reads) suppressedUntil.delete(key);
    try {
      (await serverLog.next()).filter(isServerProblem).forEach(report);
    } catch (error) {
      report({ error_severity: "LOG", message: `its log cannot be read: ${(error as Error).message}` });
    }
  };
  const timer = setInterval(() => reading ??= read().finally(() => reading = undefined), READ_INTERVAL_MS);
  return {
    async close() {
      clearInterval(timer);
      await reading;
    },
  };
}
