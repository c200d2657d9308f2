/**
 * Wires the app: settings, database, store, actors and listeners, and closes them in reverse order.
 */
import { ActorSystem } from "./actors/runtime/actor.ts";
import { ChargePoints } from "./actors/charge_point/registry.ts";
import { systemClock } from "./actors/runtime/clock.ts";
import { EventHub } from "./actors/events/event_hub.ts";
import { Files } from "./actors/firmware_management/files.ts";
import { LocalLists } from "./actors/local_auth_list_management/local_lists.ts";
import { Uploads } from "./actors/firmware_management/uploads.ts";
import { FirmwareCampaigns } from "./actors/firmware_management/firmware_campaigns.ts";
import { createLog, type Log } from "./actors/runtime/log.ts";
import { watchLoop } from "./actors/runtime/event_loop_monitor.ts";
import { Signals } from "./actors/runtime/signals.ts";
import { watchPlannerStatistics } from "./actors/database/planner_statistics.ts";
import { keepReservations } from "./actors/reservation/reservation_keeper.ts";
import { helpText, readSettings, SETTINGS, type Settings } from "./actors/settings/settings.ts";
import { ProfileInstaller } from "./actors/smart_charging/profile_installer.ts";
import { keepChargingProfiles } from "./actors/smart_charging/smart_charging.ts";
import { SiteLimits } from "./actors/smart_charging/site_limits.ts";
import { WebhookSender } from "./actors/webhooks/webhook_sender.ts";
import { ensureAdminKey } from "./api/resources/api_keys.ts";
import type { OpenApp } from "./api/http/app.ts";
import { listen } from "./api/server.ts";
import { startEmbedded } from "./db/engine/embedded.ts";
import { openStore, type StoreOptions } from "./db/store.ts";
import config from "./deno.json" with { type: "json" };
import {
  endOnFailure,
  endOnSignal,
  failToStart,
  firstSignal,
  logUncaughtErrors,
  printReady,
  refuseToStart,
} from "./api/process.ts";

/** Opens the store and starts the actors; nothing listens yet. The store options override the settings (tests). */
export async function openApp(given: Settings, storeOptions: Partial<StoreOptions> = {}): Promise<OpenApp> {
  const clock = systemClock;
  const log = createLog({ level: given.logLevel, format: given.logFormat, now: () => clock.now() });
  const { settings, database } = await findDatabase(given, log);
  const { store, newAdminKey } = await prepareStore({ settings, log, clock, storeOptions }).catch(async (error) => {
    await database?.stop();
    throw error;
  });
  const system = new ActorSystem(clock, log);
  watchPlannerStatistics(system, store);
  const loopWatch = watchLoop(clock, log, system.counts.lateness);
  const signals = new Signals(log);
  const events = new EventHub(system, store, { retentionDays: settings.eventRetentionDays, signals });
  const webhooks = new WebhookSender(system, store, settings, signals);
  const chargePoints = new ChargePoints({
    store,
    settings,
    system,
    signals,
    recordEvent: (event) => events.record(event),
  });
  const files = new Files(system, store, settings, (identity) => chargePoints.dialled(identity));
  keepChargingProfiles(system, store, signals);
  const localLists = new LocalLists({ system, store, chargePoints, settings, signals });
  const uploads = new Uploads(system, store, settings, files);
  const siteLimits = new SiteLimits({ system, store, chargePoints, settings, signals });
  const profileInstaller = new ProfileInstaller({ system, store, signals, chargePoints });
  keepReservations(system, store, signals);
  const firmwareCampaigns = new FirmwareCampaigns({ system, store, chargePoints, files, signals });
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
    database,
    counts: system.counts,
    givenUp: system.givenUp,
    settings,
    clock,
    log,
    version: config.version,
    notReady: () => open ? chargePoints.outage() : "Shutting down",
    newAdminKey,
    async close() {
      open = false;
      loopWatch.close();
      await chargePoints.shutdown();
      await store.close();
      await database?.stop();
    },
  };
}

/** The input of `prepareStore`. */
interface StoreSetUp extends Pick<OpenApp, "log" | "clock"> {
  readonly settings: Settings & { readonly databaseUrl: string };
  readonly storeOptions: Partial<StoreOptions>;
}

/** Opens the store, and creates the partitions and the admin key before anything is recorded. */
async function prepareStore({ settings, log, clock, storeOptions }: StoreSetUp) {
  const { databaseUrl, meterValueRetentionDays, messageRetentionDays } = settings;
  const store = await openStore({
    ...{ databaseUrl, meterValueRetentionDays, messageRetentionDays },
    log: (line, facts) => log.warn(line, facts),
    ...storeOptions,
  });
  try {
    // A partition that is created later has to move its rows out of the default partition.
    await store.meterValues.keepPartitions(clock.now(), meterValueRetentionDays ?? undefined);
    await store.messages.keepPartitions(clock.now()).catch((error) =>
      log.warn("The partitions of the message log could not be created; the first message tries again", { error })
    );
    return { store, newAdminKey: await ensureAdminKey(store, settings, clock.now()) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The settings with the address of the database. Starts the embedded server when they name none. */
async function findDatabase(given: Settings, log: Log) {
  const { databaseUrl, dataDir } = given;
  if (databaseUrl !== null) return { settings: { ...given, databaseUrl }, database: null };
  const database = await startEmbedded({
    dataDir,
    log: (line, facts) => log.warn(line, facts),
    progress: (line) => log.info(line),
  });
  return { settings: { ...given, databaseUrl: database.url, dataDir: database.dataDir }, database };
}

async function main(): Promise<void> {
  const args = Deno.args.filter((argument) => argument !== "--");
  if (args.includes("--help") || args.includes("-h")) return console.log(helpText(config.version));
  if (args.length > 0) return refuseToStart([`${args.join(" ")}: the only argument is --help`]);
  const settings = settingsOrExit();
  const signalled = firstSignal();
  const app = await openApp(settings);
  logUncaughtErrors();
  const listening = await listen(app).catch(async (error) => {
    // The key is stored by now, so that the next start would not show it.
    if (app.newAdminKey) console.log(`The admin key, shown only this once: ${app.newAdminKey}`);
    await app.close();
    throw error;
  });
  endOnFailure(app, listening);
  endOnSignal(app, listening, signalled);
  // Also after a signal during the start, because the admin key is shown only here.
  printReady(app, listening);
}

/** The settings from the environment; lists all mistakes and ends the process when there are any. */
export function settingsOrExit(): Settings {
  const read = readSettings(Object.fromEntries(SETTINGS.map(({ variable }) => [variable, Deno.env.get(variable)])));
  return read.ok ? read.settings : refuseToStart(read.mistakes);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    failToStart(error);
  }
}
