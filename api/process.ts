/**
 * Start and end of the process: refusing to start, the start message, and the shutdown on a signal or a failure.
 */
import type { OpenApp } from "./http/app.ts";
import { CannotListen } from "./http/listener.ts";
import type { Listening } from "./server.ts";
import { StoreError } from "../db/engine/errors.ts";

/** The limit for a whole shutdown. After it the process exits with 1. */
const SHUTDOWN_MS = 10_000;

/** Prints all mistakes in the arguments and settings, and exits with 2. */
export function refuseToStart(mistakes: readonly string[]): never {
  console.error(["Chargehand cannot start:", ...mistakes.map((mistake) => `  ${mistake}`), "Try --help."].join("\n"));
  Deno.exit(2);
}

/** Prints why a start with valid settings failed, and exits with 1. An unexpected error is printed with its stack. */
export function failToStart(error: unknown): never {
  const isExpected = error instanceof StoreError || error instanceof CannotListen;
  console.error("Chargehand cannot start:\n ", isExpected ? error.message : error);
  Deno.exit(1);
}

/** Logs uncaught errors and unhandled rejections instead of letting one end the process with all its connections. */
export function logUncaughtErrors(): void {
  for (const kind of ["error", "unhandledrejection"] as const) {
    globalThis.addEventListener(kind, (event) => {
      event.preventDefault();
      const error = event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason;
      console.error(`An error was not handled (${kind}). This is a bug; please report it:`, error);
    });
  }
}

/** Prints the start message with the addresses, the data folder and a new admin key: as text, or with LOG_FORMAT=json as one line of JSON. */
export function printReady(
  { settings, version, newAdminKey, database, clock }: OpenApp,
  { port, apiPort }: Listening,
): void {
  const apiHost = settings.apiPort === null ? settings.host : settings.apiHost;
  const ocpp = `ws://${localAddressOf(settings.host)}:${port}/ocpp/{identity}`;
  const http = `http://${localAddressOf(apiHost)}:${apiPort}`;
  const [api, docs] = [`${http}/v1`, `${http}/docs`];
  const data = database?.dataDir ?? "PostgreSQL (DATABASE_URL)";
  const psql = database?.psql;
  if (settings.logFormat === "json") {
    const line = `Chargehand ${version} is ready`;
    const key = newAdminKey === null ? {} : { adminKey: newAdminKey };
    return console.log(JSON.stringify({ at: clock.now(), level: "info", line, ocpp, api, docs, data, psql, ...key }));
  }
  const lines = [
    `Chargehand ${version} is ready.`,
    `  Charge points connect at  ${ocpp}`,
    `  The HTTP API is at        ${api}`,
    `  Documentation is at       ${docs}`,
    `  Data is kept in           ${data}`,
    ...(psql ? [`  To look at it with psql   ${psql}`] : []),
  ];
  if (newAdminKey) {
    lines.push(`  The admin key, shown only this once:`, "", `    ${newAdminKey}`, "");
  }
  console.log(lines.join("\n"));
}

/** The host that a client on this machine connects to when we listen on this one. */
function localAddressOf(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** The parts of a listener that a shutdown uses. */
type Endable = Pick<Listening, "stopAccepting" | "close">;

/**
 * Resolves at the first SIGINT or SIGTERM. From the call on, neither signal ends the process by itself. Call it before the start begins: a process
 * that ends in the middle of its start would leave PostgreSQL running. After the signal, the rest of the start and the shutdown together have
 * SHUTDOWN_MS.
 */
export function firstSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      limitShutdown();
      resolve();
    });
  }
  return promise;
}

/** Shuts down and exits with 0 when `signalled` resolves. */
export function endOnSignal(app: OpenApp, listening: Endable, signalled: Promise<void>): void {
  void signalled.then(() => shutDown(app, listening, 0));
}

/**
 * Shuts down and exits with 1 after a permanent actor has failed too often, so that a supervisor restarts the process. Until then, for
 * `escalationSeconds`, `/readyz` answers 503 with the actor's name.
 */
export function endOnFailure(app: OpenApp, listening: Endable): void {
  const { escalationSeconds } = app.settings;
  void app.system.whenGivenUp.then((name) => {
    app.log.error(`"${name}" failed too often and was stopped; the process ends in ${escalationSeconds} s`);
    app.clock.after(escalationSeconds * 1000, () => void shutDown(app, listening, 1));
  });
}

let forced: ReturnType<typeof setTimeout> | undefined;

/** Exits with 1 at SHUTDOWN_MS after the first call. */
function limitShutdown(): void {
  forced ??= setTimeout(() => {
    console.error(
      `The shutdown did not finish within ${
        SHUTDOWN_MS / 1000
      } s; the process exits now. Check whether the database is reachable. An embedded ` +
        `PostgreSQL keeps running, and the next start takes it over`,
    );
    Deno.exit(1);
  }, SHUTDOWN_MS);
}

let isShuttingDown = false;

/** Stops accepting, closes the app (connections, actors, store), then cuts the remaining sockets. Exits after SHUTDOWN_MS in any case. */
async function shutDown(app: OpenApp, listening: Endable, code: number): Promise<void> {
  if (isShuttingDown) return;
  isShuttingDown = true;
  app.log.info("Shutting down");
  limitShutdown();
  listening.stopAccepting();
  await app.close();
  await listening.close();
  clearTimeout(forced);
  Deno.exit(code);
}
