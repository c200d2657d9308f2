/**
 * Wires the app and nothing else: settings, store, actors, listeners, and their end in reverse order.
 */
import { ActorSystem } from "./actors/runtime/actor.ts";
import { createChargePoints } from "./actors/charge_point/registry.ts";
import { systemClock } from "./actors/runtime/clock.ts";
import { EventHub } from "./actors/events/event_hub.ts";
import { Files } from "./actors/firmware_management/files.ts";
import { LocalLists } from "./actors/local_auth_list_management/local_lists.ts";
import { Uploads } from "./actors/firmware_management/uploads.ts";
import { FirmwareCampaigns } from "./actors/firmware_management/firmware_campaigns.ts";
import { createLog } from "./actors/runtime/log.ts";
import { watchLoop } from "./actors/runtime/event_loop_monitor.ts";
import { Signals } from "./actors/runtime/signals.ts";
import { watchPlannerStatistics } from "./actors/database/planner_statistics.ts";
import { keepReservations } from "./actors/reservation/reservation_keeper.ts";
import { helpText, readSettings, SETTINGS, type Settings } from "./actors/settings/settings.ts";
import { ProfileInstaller } from "./actors/smart_charging/profile_installer.ts";
import { keepChargingProfiles } from "./actors/smart_charging/smart_charging.ts";
import { SiteSupervisor } from "./actors/smart_charging/site_supervisor.ts";
import { WebhookSender } from "./actors/webhooks/webhook_sender.ts";
import { ensureAdminKey } from "./api/resources/api_keys.ts";
import type { App } from "./api/http/app.ts";
import { CannotListen } from "./api/http/listener.ts";
import { listen, type Listening } from "./api/server.ts";
import { StoreError } from "./db/engine/errors.ts";
import { openStore, type StoreOptions } from "./db/store.ts";
import config from "./deno.json" with { type: "json" };

/** The whole time that a shutdown may take. */
const SHUTDOWN_MS = 10_000;

/** A app that is open, and the way to close it. */
export interface OpenApp extends App {
  /** A freshly made admin key, to be shown once; null when there is one already. */
  readonly newAdminKey: string | null;
  readonly system: ActorSystem;
  /** Ends connections and actors, then the store. */
  close(): Promise<void>;
}

/** Opens the store and starts the actors; nothing listens yet. Store options override what the settings say (tests). */
export async function openApp(settings: Settings, storeOptions: Partial<StoreOptions> = {}): Promise<OpenApp> {
  const clock = systemClock;
  const log = createLog({ level: settings.logLevel, format: settings.logFormat, now: () => clock.now() });
  const store = await openStore({
    databaseUrl: settings.databaseUrl ?? undefined,
    dataDir: settings.dataDir,
    meterValueRetentionDays: settings.meterValueRetentionDays,
    messageRetentionDays: settings.messageRetentionDays,
    log: (line, facts) => log.warn(line, facts),
    ...storeOptions,
  });
  // Before anything is recorded: a partition that is made later has to take its rows out of the default one.
  await store.meterValues.keepPartitions(clock.now(), settings.meterValueRetentionDays ?? undefined);
  await store.messages.keepPartitions(clock.now()).catch((error) =>
    log.warn("The partitions of the message log could not be made; tried again with the first message", { error })
  );
  const system = new ActorSystem(clock, log);
  watchPlannerStatistics(system, store);
  const loopWatch = watchLoop(clock, log, system.counts.lateness);
  const signals = new Signals(log);
  const events = new EventHub(system, store, { retentionDays: settings.eventRetentionDays, signals });
  const webhooks = new WebhookSender(system, store, settings, signals);
  const chargePoints = createChargePoints({ store, settings, system, signals, tell: (event) => events.tell(event) });
  const files = new Files(system, store, settings, (identity) => chargePoints.dialled(identity));
  keepChargingProfiles(system, store, signals);
  const localLists = new LocalLists({ system, store, chargePoints, settings, signals });
  const uploads = new Uploads(system, store, settings, files);
  const siteLimits = new SiteSupervisor(system, store, chargePoints, { settings, signals });
  const profileInstaller = new ProfileInstaller({ system, store, signals, chargePoints });
  keepReservations(system, store, signals);
  const firmwareCampaigns = new FirmwareCampaigns(system, store, chargePoints, files, signals);
  let open = true;
  return {
    store,
    chargePoints,
    events,
    webhooks,
    profileInstaller,
    files,
    localLists,
    uploads,
    siteLimits,
    firmwareCampaigns,
    signals,
    system,
    counts: system.counts,
    givenUp: system.givenUp,
    settings,
    clock,
    log,
    version: config.version,
    ready: () => open && chargePoints.available(),
    newAdminKey: await ensureAdminKey(store, settings, clock.now()),
    async close() {
      open = false;
      loopWatch.close();
      await chargePoints.shutdown();
      await store.close();
    },
  };
}

async function main(): Promise<void> {
  const args = Deno.args.filter((argument) => argument !== "--");
  if (args.includes("--help") || args.includes("-h")) return console.log(helpText(config.version));
  if (args.length > 0) return refuseToStart([`${args.join(" ")}: there are no arguments but --help`]);
  const app = await openApp(settingsOrExit());
  guard();
  const listening = await listen(app).catch(async (error) => {
    // The key exists from now on and would never be shown again.
    if (app.newAdminKey) console.log(`The admin key, shown only this once: ${app.newAdminKey}`);
    await app.close();
    throw error;
  });
  // Before anybody is told that it is ready: a signal that follows must end it in order.
  endOnFailure(app, listening);
  endOnSignal(app, listening);
  welcome(app, listening);
}

/** The settings from the environment; lists all mistakes and ends the process when there are any. */
export function settingsOrExit(): Settings {
  const read = readSettings(Object.fromEntries(SETTINGS.map(({ variable }) => [variable, Deno.env.get(variable)])));
  return read.ok ? read.settings : refuseToStart(read.mistakes);
}

/** One list of what is wrong with the call, then the end. */
function refuseToStart(mistakes: readonly string[]): never {
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
function welcome({ settings, version, newAdminKey, store, clock }: OpenApp, { port, apiPort }: Listening): void {
  const apiHost = settings.apiPort === null ? settings.host : settings.apiHost;
  const ocpp = `ws://${dialled(settings.host)}:${port}/ocpp/{identity}`;
  const api = `http://${dialled(apiHost)}:${apiPort}/v1`;
  const data = store.kind === "pglite" ? settings.dataDir : "PostgreSQL (DATABASE_URL)";
  if (settings.logFormat === "json") {
    const line = `Chargehand ${version} is ready`;
    const key = newAdminKey === null ? {} : { adminKey: newAdminKey };
    return console.log(JSON.stringify({ at: clock.now(), level: "info", line, ocpp, api, data, ...key }));
  }
  const lines = [
    `Chargehand ${version} is ready.`,
    `  Charge points connect at  ${ocpp}`,
    `  The HTTP API is at        ${api}`,
    `  Data is kept in           ${data}`,
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

/** Ends the app and then the process on SIGINT or SIGTERM. */
export function endOnSignal(app: OpenApp, listening: Endable): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void shutDown(app, listening, 0));
  }
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

let isShuttingDown = false;

/** Stop accepting, end connections and actors, cut what is left, close the store; all within one budget of time. */
async function shutDown(app: OpenApp, listening: Endable, code: number): Promise<void> {
  if (isShuttingDown) return;
  isShuttingDown = true;
  app.log.info("Shutting down");
  const forced = setTimeout(() => {
    app.log.error("The shutdown takes too long and is ended; is the database away?");
    Deno.exit(1);
  }, SHUTDOWN_MS);
  listening.stopAccepting();
  await app.close();
  await listening.close();
  clearTimeout(forced);
  Deno.exit(code);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    failToStart(error);
  }
}
