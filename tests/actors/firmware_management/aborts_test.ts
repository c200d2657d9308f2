/**
 * An operator aborts a campaign at each of its steps, before and after the step's statement. In the end each target has one outcome and one event. After
 * the abort no charge point is sent UpdateFirmware, and updates that are under way still get their real outcome.
 */
import { assertEquals } from "@std/assert";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import { openTestStore } from "../../database.ts";
import { watchedStore } from "../charge_point/watched_store.ts";
import { type TestChargePoint, TestProcess } from "./test_process.ts";
import { type App, CampaignRun, prepare } from "./campaign_run.ts";
import { assertEvents, countSent } from "./assertions.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** When the operator aborts: before or after the n-th call of a statement. */
interface Moment {
  readonly statement: string;
  readonly when: "before" | "after";
  readonly call: number;
}

class AbortedApp implements App {
  readonly store = store;
  readonly cps: TestChargePoint[] = [];
  readonly process: TestProcess;
  /** The campaign to abort; null: none yet. */
  campaign: string | null = null;
  /** The number of UpdateFirmware that were sent to each before the abort. */
  sentBefore: number[] | undefined;
  #calls = 0;

  constructor(readonly moment: Moment, readonly beforeAbort: (app: AbortedApp) => void = () => {}) {
    const { when, call } = moment;
    const watched = watchedStore(store, async (statement, work) => {
      if (this.campaign === null || statement !== moment.statement || ++this.#calls !== call) return await work();
      if (when === "before") await this.#abort(this.campaign);
      const answer = await work();
      if (when === "after") await this.#abort(this.campaign);
      return answer;
    });
    this.process = new TestProcess(watched);
  }

  do(work: (process: TestProcess) => Promise<void>): Promise<void> {
    return work(this.process);
  }

  async #abort(id: string): Promise<void> {
    this.beforeAbort(this);
    await store.firmwareCampaigns.abort(id, null, this.process.clock.now());
    this.sentBefore = await countSent(store, this.cps);
    this.process.campaigns.changed(id);
  }
}

/** Runs the campaign of this app, which is aborted meanwhile. */
async function aborted(app: AbortedApp): Promise<CampaignRun> {
  const campaignRun = await CampaignRun.prepare(app);
  app.campaign = campaignRun.id;
  await campaignRun.run();
  return campaignRun;
}

async function assertAborted(moment: Moment): Promise<void> {
  const app = new AbortedApp(moment);
  const campaignRun = await aborted(app);
  const about = JSON.stringify(moment);
  assertEquals((await campaignRun.campaign()).state, "aborted", about);
  assertEquals(app.cps.map(({ updates }) => updates.length), app.sentBefore, about);
  for (const [n, { outcome, state }] of (await campaignRun.targets()).entries()) {
    const sent = app.sentBefore![n]!;
    const ends = sent === 0 ? ["aborted"] : n > 0 || sent === 2 ? ["installed"] : ["downloadFailed", "aborted"];
    assertEquals([state, ends.includes(outcome!) || outcome], ["ended", true], about);
  }
  await assertEvents(store, campaignRun.id, ["running", "aborted"]);
  await app.process.end();
}

/** The steps of a campaign, each with its statement. */
const STEPS: readonly { readonly about: string; readonly statement: string }[] = [
  { about: "load", statement: "firmwareCampaigns.find" },
  { about: "load", statement: "firmwareCampaignTargets.listWaiting" },
  { about: "check", statement: "firmwareCampaignTargets.listAttempts" },
  { about: "claim", statement: "firmwareCampaignTargets.claim" },
  { about: "send", statement: "commands.insert" },
  { about: "send", statement: "commands.claimNext" },
  { about: "send", statement: "firmwareUpdates.begin" },
  { about: "answer", statement: "commands.settle" },
  { about: "status", statement: "firmwareUpdates.recordStatus" },
  { about: "settle", statement: "firmwareCampaignTargets.decide" },
  { about: "count", statement: "firmwareCampaigns.countTargets" },
  { about: "wave", statement: "firmwareCampaigns.releaseAfter" },
];

for (const { about, statement } of STEPS) {
  Deno.test(`aborted at ${about} (${statement}): one outcome for each target, and nothing more is sent`, async () => {
    for (const when of ["before", "after"] as const) {
      for (const call of [1, 2]) await assertAborted({ statement, when, call });
    }
  });
}

Deno.test("if a command is refused while the campaign is aborted, its target ends as aborted", async () => {
  const moment = { statement: "chargePoints.find", when: "after", call: 1 } as const;
  const app = new AbortedApp(moment, ({ cps }) => {
    for (const { session } of cps) session?.closed();
  });
  const campaignRun = await aborted(app);
  assertEquals((await campaignRun.targets()).map(({ outcome }) => outcome), Array(4).fill("aborted"));
  assertEquals(app.cps.flatMap(({ updates }) => updates), []);
  await assertEvents(store, campaignRun.id, ["running", "aborted"]);
  await app.process.end();
});

Deno.test("after an abort and a decision at the same moment no target is waiting", async () => {
  const process = new TestProcess(store);
  const now = process.clock.now();
  for (let round = 0; round < 10; round++) {
    const id = await prepare({ store, process, cps: [] }, 2, {});
    await store.firmwareCampaigns.releaseAfter(id, 0, now);
    const wanted = (await process.targets(id)).map(({ chargePoint }) => ({
      chargePoint,
      commandId: uuidVersion7(now),
    }));
    const claimed = await store.firmwareCampaignTargets.claim(id, wanted, now);
    const refused = claimed.map((each) => ({ ...each, kind: "refused", nextAttemptAt: null, detail: null } as const));
    await Promise.all([
      store.firmwareCampaignTargets.decide(id, refused, now),
      store.firmwareCampaigns.abort(id, null, now),
    ]);
    process.campaigns.changed(id);
    await process.pass(1);
    assertEquals(await process.outcomes(id), ["aborted", "aborted"]);
  }
  await process.end();
});
