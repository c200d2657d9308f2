/**
 * The supervisor, the campaign's actor and the whole process die in the middle of an abort, that of an operator and that of a campaign with too many failures.
 * Each target has one outcome in the end, of which one event tells; from the abort on nobody is sent UpdateFirmware, and who has it is followed to his true
 * end. Fault injection 41.
 */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import type { NewFirmwareCampaign } from "../../../db/firmware_management/firmware_campaigns.ts";
import type { TargetOutcome } from "../../../ocpp/firmware_management/firmware_target.ts";
import { openTestStore } from "../../database.ts";
import { watchedStore } from "../charge_point/watched_store.ts";
import type { Station } from "./campaign_world.ts";
import { prepare } from "./course.ts";
import { type Deaths, Lives } from "./lives.ts";
import { assertTold, countSent } from "./told.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** Who aborts: an operator while a failed one waits for its next try, or the campaign itself because that one has failed. */
type Who = "operator" | "campaign";

const GIVEN: Record<Who, Partial<NewFirmwareCampaign>> = {
  operator: { maxConcurrent: 3, retries: 1, retryIntervalSeconds: 600 },
  campaign: { maxConcurrent: 4, abortAboveFailures: 10 },
};

/** A campaign with a charge point in each situation that an abort can meet. */
class Abort {
  readonly lives: Lives;
  id = "";
  /** How many were on their way to each when it was aborted. */
  sentBefore: number[] = [];
  #first: Station[] = [];

  constructor(readonly who: Who, deaths: Deaths) {
    const noting = watchedStore(store, async (statement, work) => {
      const answer = await work();
      if (statement === "firmwareCampaigns.abort" && answer !== undefined) {
        this.sentBefore = await countSent(store, this.lives.stations);
      }
      return answer;
    });
    this.lives = new Lives(noting, deaths);
  }

  /** Of the first wave one fails, two update, one's command has not gone out, and for one there is no room; one waits for the second wave. */
  async prepare(): Promise<void> {
    const { lives, lives: { world, stations }, who } = this;
    this.id = await prepare(lives, 6, { waves: [80, 100], ...GIVEN[who] });
    const { items } = await store.firmwareCampaignTargets.list(this.id, {}, { limit: 10 });
    this.#first = stations.filter((_, n) => items[n]!.wave === 1);
    const [failing, installing, failingLater, queued, waiting] = this.#first;
    const last = stations.find((station) => !this.#first.includes(station))!;
    await world.arrive([failing!, installing!, failingLater!, last]);
    world.campaigns.changed(this.id);
    await world.pass(0.1);
    if (who === "operator") await world.report(failing!, "DownloadFailed");
    // Connected and not booted: calls wait for a moment.
    await world.plug(queued!);
    await world.pass(0.1);
    await world.arrive([waiting!]);
    assertEquals(this.#first.map(({ updates }) => updates.length), [1, 1, 1, 0, 0]);
    assertEquals((await world.target(this.id, queued!)).commandState, "queued");
    lives.arm();
  }

  async abort(): Promise<void> {
    await this.lives.do((world) =>
      this.who === "operator" ? world.abort(this.id) : world.report(this.#first[0]!, "DownloadFailed")
    );
  }

  /** Those under way come to their end. One that was sent it before the abort came is under way, too. */
  async goOn(): Promise<void> {
    const [failing, , failingLater] = this.#first;
    const isUpdating = (station: Station) => station !== failing && station.updates.length > 0;
    for (const station of this.lives.stations.filter(isUpdating)) {
      const end = station === failingLater ? "DownloadFailed" : "Installed";
      await this.lives.do((world) => world.report(station, "Downloading", end));
    }
    for (let n = 0; n < 2; n++) await this.lives.do((world) => world.leap(601));
  }

  async verify(): Promise<void> {
    const targets = await this.lives.world.targets(this.id);
    for (const [n, { identity, updates }] of this.lives.stations.entries()) {
      assertEquals([targets[n]!.chargePoint, targets[n]!.outcome], [identity, this.#outcomeOf(n)]);
      assertLessOrEqual(updates.length, this.sentBefore[n]!);
    }
    await assertTold(store, this.id, ["running", "aborted"]);
  }

  /** By the situation in which the abort found it. A CALL may be lost with its process after it was written down as sent: then nobody knows. */
  #outcomeOf(n: number): TargetOutcome {
    const { who, lives: { due, stations } } = this;
    const [failing, , failingLater] = this.#first;
    const station = stations[n]!;
    if (this.sentBefore[n] === 0) return "aborted";
    if (due.of === "process" && station.updates.length === 0) return "timedOut";
    if (station === failing) return who === "operator" ? "aborted" : "downloadFailed";
    return station === failingLater ? "downloadFailed" : "installed";
  }
}

interface Step {
  readonly about: string;
  readonly statement: string;
  readonly count: number;
  readonly of?: Deaths["of"];
  readonly by?: Who;
}

/** The steps of an abort, as the statements that they are made of. */
const STEPS: readonly Step[] = [
  { about: "failure", statement: "firmwareUpdates.recordStatus", count: 4, of: "process" },
  { about: "confirm", statement: "firmwareCampaigns.abort", count: 2, of: "process" },
  { about: "confirm", statement: "firmwareCampaigns.abort", count: 2, of: "actor", by: "campaign" },
  { about: "spawn", statement: "firmwareCampaigns.listUnfinished", count: 4 },
  { about: "load", statement: "firmwareCampaigns.find", count: 4 },
  { about: "idle", statement: "firmwareCampaignTargets.endIdle", count: 4 },
  { about: "load", statement: "firmwareCampaignTargets.listWaiting", count: 4 },
  { about: "look", statement: "firmwareCampaignTargets.listAttempts", count: 4 },
  { about: "cancel", statement: "commands.cancel", count: 2, of: "process" },
  { about: "settle", statement: "firmwareCampaignTargets.decide", count: 4 },
  { about: "count", statement: "firmwareCampaigns.countTargets", count: 4 },
];

for (const { about, statement, count, ...only } of STEPS) {
  for (const victim of ["actor", "process"] as const) {
    for (const who of ["operator", "campaign"] as const) {
      if (victim !== (only.of ?? victim) || who !== (only.by ?? who)) continue;
      Deno.test(`the ${who} aborts; killed at ${about} (${statement}), the ${victim}: one outcome for each`, async () => {
        const abort = new Abort(who, { statement, of: victim, count });
        await abort.prepare();
        await abort.abort();
        await abort.goOn();
        await abort.verify();
        assertEquals(abort.lives.deaths, count);
        await abort.lives.world.end();
      });
    }
  }
}
