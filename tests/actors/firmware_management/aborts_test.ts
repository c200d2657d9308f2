/**
 * An operator aborts a campaign in the middle of each of its steps: before and after the statement that the step is made of. Each target has one outcome in
 * the end, of which one event tells; from the abort on nobody is sent UpdateFirmware, and who has it is followed to his true end.
 */
import { assertEquals } from "@std/assert";
import { uuidVersion7 } from "../../../actors/runtime/uuid.ts";
import { openTestStore } from "../../database.ts";
import { watchedStore } from "../charge_point/watched_store.ts";
import { type Station, World } from "./campaign_world.ts";
import { type App, Course, prepare } from "./course.ts";
import { assertTold, countSent } from "./told.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** When the operator comes: before or after the statement, at its how manieth call. */
interface Moment {
  readonly statement: string;
  readonly when: "before" | "after";
  readonly call: number;
}

class AbortedApp implements App {
  readonly store = store;
  readonly stations: Station[] = [];
  readonly world: World;
  /** The campaign that is to be aborted; null: not yet. */
  campaign: string | null = null;
  /** How many were on their way to each when the operator was answered. */
  sentBefore: number[] | undefined;
  #calls = 0;

  constructor(readonly moment: Moment, readonly comes: (app: AbortedApp) => void = () => {}) {
    const { when, call } = moment;
    const watched = watchedStore(store, async (statement, work) => {
      if (this.campaign === null || statement !== moment.statement || ++this.#calls !== call) return await work();
      if (when === "before") await this.#abort(this.campaign);
      const answer = await work();
      if (when === "after") await this.#abort(this.campaign);
      return answer;
    });
    this.world = new World(watched);
  }

  do(work: (world: World) => Promise<void>): Promise<void> {
    return work(this.world);
  }

  async #abort(id: string): Promise<void> {
    this.comes(this);
    await store.firmwareCampaigns.abort(id, null, this.world.clock.now());
    this.sentBefore = await countSent(store, this.stations);
    this.world.campaigns.changed(id);
  }
}

/** Runs a campaign that is aborted in this app. */
async function aborted(app: AbortedApp): Promise<Course> {
  const course = await Course.prepare(app);
  app.campaign = course.id;
  await course.run();
  return course;
}

async function endsWell(moment: Moment): Promise<void> {
  const app = new AbortedApp(moment);
  const course = await aborted(app);
  const about = JSON.stringify(moment);
  assertEquals((await course.campaign()).state, "aborted", about);
  assertEquals(app.stations.map(({ updates }) => updates.length), app.sentBefore, about);
  for (const [n, { outcome, state }] of (await course.targets()).entries()) {
    const sent = app.sentBefore![n]!;
    const ends = sent === 0 ? ["aborted"] : n > 0 || sent === 2 ? ["installed"] : ["downloadFailed", "aborted"];
    assertEquals([state, ends.includes(outcome!) || outcome], ["ended", true], about);
  }
  await assertTold(store, course.id, ["running", "aborted"]);
  await app.world.end();
}

/** The steps of a campaign, as the statements that they are made of. */
const STEPS: readonly { readonly about: string; readonly statement: string }[] = [
  { about: "load", statement: "firmwareCampaigns.find" },
  { about: "load", statement: "firmwareCampaignTargets.listWaiting" },
  { about: "look", statement: "firmwareCampaignTargets.listAttempts" },
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
  Deno.test(`aborted at ${about} (${statement}): one outcome for each, and nothing more is sent`, async () => {
    for (const when of ["before", "after"] as const) {
      for (const call of [1, 2]) await endsWell({ statement, when, call });
    }
  });
}

Deno.test("a command that is refused while the campaign is aborted leaves no target behind", async () => {
  const moment = { statement: "chargePoints.find", when: "after", call: 1 } as const;
  const app = new AbortedApp(moment, ({ stations }) => {
    for (const { session } of stations) session?.closed();
  });
  const course = await aborted(app);
  assertEquals((await course.targets()).map(({ outcome }) => outcome), Array(4).fill("aborted"));
  assertEquals(app.stations.flatMap(({ updates }) => updates), []);
  await assertTold(store, course.id, ["running", "aborted"]);
  await app.world.end();
});

Deno.test("an abort and a decision at the same moment: no target is left waiting", async () => {
  const world = new World(store);
  const now = world.clock.now();
  for (let round = 0; round < 10; round++) {
    const id = await prepare({ store, world, stations: [] }, 2, {});
    await store.firmwareCampaigns.releaseAfter(id, 0, now);
    const wanted = (await world.targets(id)).map(({ chargePoint }) => ({ chargePoint, commandId: uuidVersion7(now) }));
    const claimed = await store.firmwareCampaignTargets.claim(id, wanted, now);
    const refused = claimed.map((each) => ({ ...each, kind: "refused", nextAttemptAt: null, detail: null } as const));
    await Promise.all([
      store.firmwareCampaignTargets.decide(id, refused, now),
      store.firmwareCampaigns.abort(id, null, now),
    ]);
    world.campaigns.changed(id);
    await world.pass(1);
    assertEquals(await world.outcomes(id), ["aborted", "aborted"]);
  }
  await world.end();
});
