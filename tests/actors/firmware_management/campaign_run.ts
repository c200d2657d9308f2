/** A campaign over four charge points in two waves, from start to end. The process that runs it may crash meanwhile. */
import type { CampaignTarget } from "../../../db/firmware_management/firmware_campaign_targets.ts";
import type { FirmwareCampaign, NewFirmwareCampaign } from "../../../db/firmware_management/firmware_campaigns.ts";
import type { Store } from "../../../db/store.ts";
import { fresh } from "../../db/records.ts";
import type { TestChargePoint, TestProcess } from "./test_process.ts";

/** The environment of a campaign; `do` works in the current process. */
export interface App {
  readonly store: Store;
  readonly cps: TestChargePoint[];
  readonly process: TestProcess;
  do(work: (process: TestProcess) => Promise<void>): Promise<void>;
}

/** Longer than the time between two attempts of a target. */
const STEP_SECONDS = 61;

const ROUNDS_MAX = 20;

/** Registers `count` charge points, and starts a campaign for them in the database only. */
export async function prepare(
  app: Omit<App, "do">,
  count: number,
  given: Partial<NewFirmwareCampaign>,
): Promise<string> {
  const { process, store, cps } = app;
  const prefix = fresh("COURSE");
  for (let n = 0; n < count; n++) cps.push(await process.register(`${prefix}-${n}`));
  const chargePoints = cps.map(({ identity }) => identity);
  const draft = await process.draft({ targets: { chargePoints }, updateTimeoutSeconds: 400, ...given });
  await store.firmwareCampaigns.start(draft, process.clock.now());
  return draft.id;
}

/** The first charge point fails to download at its first attempt and installs at the second; the others install at once. */
export class CampaignRun {
  readonly #done = new Map<TestChargePoint, number>();

  private constructor(readonly app: App, readonly id: string) {}

  static async prepare(app: App): Promise<CampaignRun> {
    const id = await prepare(app, 4, { waves: [50, 100], maxConcurrent: 2, retries: 1, retryIntervalSeconds: 60 });
    await app.process.arrive(app.cps);
    return new CampaignRun(app, id);
  }

  /** Runs until all targets have ended. */
  async run(): Promise<void> {
    await this.app.do((process) => {
      process.campaigns.changed(this.id);
      return process.pass(1);
    });
    for (let round = 0; round < ROUNDS_MAX && !await this.#isOver(); round++) await this.#finishUpdates();
    await this.#passTime();
  }

  /** Lets the charge points with a new request report their progress; time passes only if there is none. */
  async #finishUpdates(): Promise<void> {
    const updating = this.app.cps.filter((cp) => cp.updates.length > (this.#done.get(cp) ?? 0));
    if (updating.length === 0) return await this.#passTime();
    for (const cp of updating) this.#done.set(cp, cp.updates.length);
    await this.app.do(async (process) => {
      await this.#report(process, updating, () => "Downloading");
      const [first] = this.app.cps;
      await this.#report(process, updating, (cp) => {
        return cp === first && this.#done.get(cp) === 1 ? "DownloadFailed" : "Installed";
      });
    });
  }

  async #report(
    process: TestProcess,
    cps: readonly TestChargePoint[],
    status: (cp: TestChargePoint) => string,
  ): Promise<void> {
    for (const cp of cps) cp.send("FirmwareStatusNotification", { status: status(cp) });
    await process.pass(0.1);
  }

  /** Passes enough time for regular checks and for the next attempt of a target. */
  #passTime(): Promise<void> {
    return this.app.do((process) => process.leap(STEP_SECONDS));
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
