/**
 * The life of the process around the app: how a start is refused, what an operator is told when it is ready, and how it ends.
 */
import type { OpenApp } from "./http/app.ts";
import { CannotListen } from "./http/listener.ts";
import type { Listening } from "./server.ts";
import { StoreError } from "../db/engine/errors.ts";

/** The whole time that a shutdown may take. */
const SHUTDOWN_MS = 10_000;

/** One list of what is wrong with the call, then the end. */
export function refuseToStart(mistakes: readonly string[]): never {
  console.error(["Chargehand cannot start:", ...mistakes.map((mistake) => `  ${mistake}`), "Try --help."].join("\n"));
  Deno.exit(2);
}

/** The call is right, but the machine does not let us. What we did not foresee is shown with its stack, to be reported. */
export function failToStart(error: unknown): never {
  const foreseen = error instanceof StoreError || error instanceof CannotListen;
  console.error("Chargehand cannot start:\n ", foreseen ? error.message : error);
  Deno.exit(1);
}

/** No stray rejection may end the process with everybody's connections; it is logged instead. */
export function guard(): void {
  for (const kind of ["error", "unhandledrejection"] as const) {
    globalThis.addEventListener(kind, (event) => {
      event.preventDefault();
      const error = event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason;
      console.error(`An error reached nobody (${kind}); please report it:`, error);
    });
  }
}

/** What an operator needs to know now: for people, or in one line for machines. */
export function welcome(
  { settings, version, newAdminKey, database, clock }: OpenApp,
  { port, apiPort }: Listening,
): void {
  const apiHost = settings.apiPort === null ? settings.host : settings.apiHost;
  const ocpp = `ws://${dialled(settings.host)}:${port}/ocpp/{identity}`;
  const http = `http://${dialled(apiHost)}:${apiPort}`;
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

/** What a client on this machine dials for the address that we listen on. */
function dialled(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** What an end has to know of whatever brings connections. */
type Endable = Pick<Listening, "stopAccepting" | "close">;

/**
 * Resolves at the first SIGINT or SIGTERM; from the call on neither ends the process by itself. Call it before the start begins: a process that
 * ends in the middle of its start would leave PostgreSQL running. What is under way then has the same time as a shutdown.
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

/** Ends the app and then the process when `signalled` resolves. */
export function endOnSignal(app: OpenApp, listening: Endable, signalled: Promise<void>): void {
  void signalled.then(() => shutDown(app, listening, 0));
}

/**
 * Ends the process with 1 when a permanent actor was given up, so that what supervises the process starts it anew. Before that `/readyz` shows the
 * failure for a while.
 */
export function endOnFailure(app: OpenApp, listening: Endable): void {
  const { escalationSeconds } = app.settings;
  void app.system.whenGivenUp.then((name) => {
    app.log.error(`"${name}" failed too often and was stopped; the process ends in ${escalationSeconds} s`);
    app.clock.after(escalationSeconds * 1000, () => void shutDown(app, listening, 1));
  });
}

let forced: ReturnType<typeof setTimeout> | undefined;

/** From the first call on, the process has SHUTDOWN_MS left. */
function limitShutdown(): void {
  forced ??= setTimeout(() => {
    console.error("The shutdown takes too long and is ended; is the database away?");
    Deno.exit(1);
  }, SHUTDOWN_MS);
}

let isShuttingDown = false;

/** Stop accepting, end connections and actors, cut what is left, close the store; all within one budget of time. */
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
