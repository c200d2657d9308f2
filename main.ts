/**
 * Wires the house and nothing else: settings, store, actors, listeners, and their end in reverse order.
 */
import { ActorSystem } from "./actors/actor.ts";
import { createChargePoints } from "./actors/charge_points.ts";
import { systemClock } from "./actors/clock.ts";
import { createLog } from "./actors/log.ts";
import { helpText, readSettings, SETTINGS, type Settings } from "./actors/settings.ts";
import { ensureAdminKey } from "./api/api_keys.ts";
import type { House } from "./api/house.ts";
import { listen, type Listening } from "./api/server.ts";
import { openStore, type StoreOptions } from "./db/store.ts";
import config from "./deno.json" with { type: "json" };

/** The whole time that a shutdown may take. */
const SHUTDOWN_MS = 10_000;

/** A house that is open, and the way to close it. */
export interface OpenHouse extends House {
  /** A freshly made admin key, to be shown once; null when there is one already. */
  readonly newAdminKey: string | null;
  /** Ends connections and actors, then the store. */
  close(): Promise<void>;
}

/** Opens the store and starts the actors; nothing listens yet. Store options override what the settings say (tests). */
export async function openHouse(settings: Settings, storeOptions: Partial<StoreOptions> = {}): Promise<OpenHouse> {
  const clock = systemClock;
  const log = createLog({ level: settings.logLevel, format: settings.logFormat, now: () => clock.now() });
  const store = await openStore({
    databaseUrl: settings.databaseUrl ?? undefined,
    dataDir: settings.dataDir,
    meterValueRetentionDays: settings.meterValueRetentionDays,
    log: (line, facts) => log.warn(line, facts),
    ...storeOptions,
  });
  // Before anything is recorded: a partition that is made later has to take its rows out of the default one.
  await store.meterValues.keepPartitions(clock.now(), settings.meterValueRetentionDays ?? undefined);
  const system = new ActorSystem(clock, log);
  const chargePoints = createChargePoints({ store, settings, system });
  let open = true;
  return {
    store,
    chargePoints,
    settings,
    clock,
    log,
    version: config.version,
    ready: () => open && chargePoints.available(),
    newAdminKey: await ensureAdminKey(store, settings, clock.now()),
    async close() {
      open = false;
      await chargePoints.shutdown();
      await store.close();
    },
  };
}

async function main(): Promise<void> {
  const args = Deno.args.filter((argument) => argument !== "--");
  if (args.includes("--help") || args.includes("-h")) return console.log(helpText(config.version));
  if (args.length > 0) return fail([`${args.join(" ")}: there are no arguments but --help`]);
  const house = await openHouse(settingsOrExit());
  guard();
  const listening = await listen(house);
  welcome(house, listening);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void shutDown(house, listening));
  }
}

/** The settings from the environment; lists all mistakes and ends the process when there are any. */
export function settingsOrExit(): Settings {
  const read = readSettings(Object.fromEntries(SETTINGS.map(({ variable }) => [variable, Deno.env.get(variable)])));
  return read.ok ? read.settings : fail(read.mistakes);
}

/** One list of what is wrong with the call, then the end. */
function fail(mistakes: readonly string[]): never {
  console.error(["Chargehand cannot start:", ...mistakes.map((mistake) => `  ${mistake}`), "Try --help."].join("\n"));
  Deno.exit(2);
}

/** No stray rejection may end the process with everybody's connections; it is logged instead. */
function guard(): void {
  for (const kind of ["error", "unhandledrejection"] as const) {
    globalThis.addEventListener(kind, (event) => {
      event.preventDefault();
      const error = event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason;
      console.error(`An error reached nobody (${kind}); please report it:`, error);
    });
  }
}

function welcome({ settings, version, newAdminKey, store }: OpenHouse, { port, apiPort }: Listening): void {
  const host = settings.host === "0.0.0.0" || settings.host === "::" ? "localhost" : settings.host;
  const lines = [
    `Chargehand ${version} is ready.`,
    `  Charge points connect at  ws://${host}:${port}/ocpp/{identity}`,
    `  The HTTP API is at        http://${apiPort === port ? host : settings.apiHost}:${apiPort}/v1`,
    `  Data is kept in           ${store.kind === "pglite" ? settings.dataDir : "PostgreSQL (DATABASE_URL)"}`,
  ];
  if (newAdminKey) {
    lines.push(`  The admin key, shown only this once:`, "", `    ${newAdminKey}`, "");
  }
  console.log(lines.join("\n"));
}

let shuttingDown = false;

/** Stop accepting, end connections and actors, cut what is left, close the store; all within one budget of time. */
async function shutDown(house: OpenHouse, listening: Listening): Promise<void> {
  if (shuttingDown) return;
  shuttingDown = true;
  house.log.info("Shutting down");
  const forced = setTimeout(() => Deno.exit(1), SHUTDOWN_MS);
  listening.stopAccepting();
  await house.close();
  await listening.close();
  clearTimeout(forced);
  Deno.exit(0);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    fail([error instanceof Error ? error.message : String(error)]);
  }
}
