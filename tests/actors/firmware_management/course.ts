/** A campaign over four charge points in two waves, from its start to its end, whatever happens meanwhile to the process that runs it. */
import type { CampaignTarget } from "../../../db/firmware_management/firmware_campaign_targets.ts";
import type { FirmwareCampaign, NewFirmwareCampaign } from "../../../db/firmware_management/firmware_campaigns.ts";
import type { Store } from "../../../db/store.ts";
import { fresh } from "../../db/facts.ts";
import type { Station, World } from "./campaign_world.ts";

/** Where a campaign runs. Does things in the process of the moment. */
export interface App {
  readonly store: Store;
  readonly stations: Station[];
  readonly world: World;
  do(work: (world: World) => Promise<void>): Promise<void>;
}

/** More than the time between two tries of a target. */
const LEAP_SECONDS = 61;

const MOST_ROUNDS = 20;

/** Registers and connects so many, and starts a campaign for them, of which no actor hears yet. */
export async function prepare(
  app: Omit<App, "do">,
  count: number,
  given: Partial<NewFirmwareCampaign>,
): Promise<string> {
  const { world, store, stations } = app;
  const prefix = fresh("COURSE");
  for (let n = 0; n < count; n++) stations.push(await world.station(`${prefix}-${n}`));
  const chargePoints = stations.map(({ identity }) => identity);
  const draft = await world.draft({ targets: { chargePoints }, updateTimeoutSeconds: 400, ...given });
  await store.firmwareCampaigns.start(draft, world.clock.now());
  return draft.id;
}

/** The first charge point fails to download at its first try; then it installs, as the others do at once. */
export class Course {
  readonly #done = new Map<Station, number>();

  private constructor(readonly app: App, readonly id: string) {}

  static async prepare(app: App): Promise<Course> {
    const id = await prepare(app, 4, { waves: [50, 100], maxConcurrent: 2, retries: 1, retryIntervalSeconds: 60 });
    await app.world.arrive(app.stations);
    return new Course(app, id);
  }

  /** To the end, which is that of all targets. */
  async run(): Promise<void> {
    await this.app.do((world) => {
      world.campaigns.changed(this.id);
      return world.pass(1);
    });
    for (let round = 0; round < MOST_ROUNDS && !await this.#isOver(); round++) await this.#goOn();
    await this.#leap();
  }

  /** Time only passes when nobody has anything to do. */
  async #goOn(): Promise<void> {
    const updating = this.app.stations.filter((station) => station.updates.length > (this.#done.get(station) ?? 0));
    if (updating.length === 0) return await this.#leap();
    for (const station of updating) this.#done.set(station, station.updates.length);
    await this.app.do(async (world) => {
      await this.#say(world, updating, () => "Downloading");
      const [first] = this.app.stations;
      await this.#say(world, updating, (station) => {
        return station === first && this.#done.get(station) === 1 ? "DownloadFailed" : "Installed";
      });
    });
  }

  async #say(world: World, stations: readonly Station[], status: (station: Station) => string): Promise<void> {
    for (const station of stations) station.say("FirmwareStatusNotification", { status: status(station) });
    await world.pass(0.1);
  }

  /** Whatever is due by then is done: ticks, and the next try of a target. */
  #leap(): Promise<void> {
    return this.app.do((world) => world.leap(LEAP_SECONDS));
  }

  async #isOver(): Promise<boolean> {
    const { state } = await this.campaign();
    return state === "completed" ||
      (state === "aborted" && (await this.targets()).every(({ state }) => state === "ended"));
  }

  async campaign(): Promise<FirmwareCampaign> {
    return (await this.app.store.firmwareCampaigns.find(this.id))!;
  }

  /** In the order of the charge points. */
  async targets(): Promise<CampaignTarget[]> {
    return (await this.app.store.firmwareCampaignTargets.list(this.id, {}, { limit: 10 })).items;
  }
}
