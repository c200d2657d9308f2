/**
 * The supervisor, the campaign's actor and the whole process die in the middle of each step of a campaign: before and after the statement that the step is
 * made of. Whatever dies, the campaign goes on to the same end, and no charge point is sent UpdateFirmware twice for one attempt. Fault injection 41.
 */
import { assert, assertEquals } from "@std/assert";
import type { Store } from "../../../db/store.ts";
import { openTestStore } from "../../database.ts";
import { fresh } from "../../db/facts.ts";
import { type Station, World } from "./campaign_world.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

/** The statement at which something dies. */
interface Death {
  readonly repository: "firmwareCampaigns" | "firmwareCampaignTargets" | "firmwareUpdates" | "commands";
  readonly method: string;
  readonly when: "before" | "after";
  /** At its how manieth call. */
  readonly call: number;
  /** The actor gets an error that it does not survive; the process hears nothing any more, of any statement. */
  readonly of: "actor" | "process";
}

/** The store of somebody who will die. */
class DeadlyStore {
  readonly #died = Promise.withResolvers<void>();
  readonly store: Store;
  isDead = false;
  #calls = 0;

  constructor(readonly death: Death) {
    const names = Object.keys(store) as (keyof Store)[];
    const patched = names.map((name) => [name, this.#patched(name, store[name])]);
    this.store = Object.fromEntries(patched);
  }

  /** Ends with the work, or with the death of the process that does it. */
  async orDeath(work: Promise<void>): Promise<void> {
    await Promise.race([work, this.#died.promise]);
  }

  #patched(name: string, repository: unknown): unknown {
    const { of, repository: deadly } = this.death;
    if (typeof repository !== "object" || (of === "actor" && name !== deadly)) return repository;
    return new Proxy(repository as Record<string, unknown>, {
      get: (target, method) => {
        const work = target[method as string];
        if (typeof work !== "function") return work;
        const isDeadly = name === deadly && method === this.death.method;
        return (...args: unknown[]) => this.#call(isDeadly, (...given) => work.apply(target, given), args);
      },
    });
  }

  async #call(isDeadly: boolean, work: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> {
    const { of, when, call } = this.death;
    if (this.isDead && of === "process") return await new Promise(() => {});
    if (!isDeadly || ++this.#calls !== call) return await work(...args);
    if (when === "after") await work(...args);
    this.isDead = true;
    if (of === "actor") throw new Error("killed");
    this.#died.resolve();
    return await new Promise(() => {});
  }
}

/** A campaign over four charge points in two waves. The first one fails to download at its first try. */
class Course {
  readonly deadly: DeadlyStore;
  readonly #done = new Map<Station, number>();
  readonly #stations: Station[] = [];
  #world: World;
  #isReborn = false;
  #id = "";

  constructor(death: Death) {
    this.deadly = new DeadlyStore(death);
    this.#world = new World(this.deadly.store, undefined, () => {});
  }

  async begin(): Promise<void> {
    const prefix = fresh("DEATH");
    const midwife = new World(store, this.#world.clock);
    for (let n = 0; n < 4; n++) this.#stations.push(await midwife.station(`${prefix}-${n}`));
    const draft = await midwife.draft({
      targets: { chargePoints: this.#stations.map(({ identity }) => identity) },
      waves: [50, 100],
      maxConcurrent: 2,
      retries: 1,
      retryIntervalSeconds: 60,
      updateTimeoutSeconds: 300,
    });
    await midwife.end();
    this.#id = draft.id;
    for (const station of this.#stations) await this.#do((world) => world.connect(station));
    await store.firmwareCampaigns.start(draft, this.#world.clock.now());
    await this.#do((world) => {
      world.campaigns.changed(draft.id);
      return world.leap(31);
    });
  }

  pass(): Promise<void> {
    return this.#do((world) => world.leap(31));
  }

  /** Does something in a process that may die of it; then it is started again, and what was not answered is said again. */
  async #do(work: (world: World) => Promise<void>): Promise<void> {
    if (this.#isReborn) return await work(this.#world);
    await this.deadly.orDeath(work(this.#world));
    if (!this.deadly.isDead || this.deadly.death.of === "actor") return;
    this.#isReborn = true;
    this.#world = new World(store, this.#world.clock, () => {});
    for (const station of this.#stations) await this.#world.connect(station);
    await work(this.#world);
  }

  /** Everybody who was sent an update goes through with it. */
  async update(): Promise<void> {
    for (const [n, station] of this.#stations.entries()) {
      if (station.updates.length === (this.#done.get(station) ?? 0)) continue;
      this.#done.set(station, station.updates.length);
      const status = n === 0 && station.updates.length === 1 ? "DownloadFailed" : "Installed";
      for (const each of ["Downloading", status]) await this.#do((world) => world.report(station, each));
    }
  }

  async isOver(): Promise<boolean> {
    const { items } = await store.firmwareCampaignTargets.list(this.#id, {}, { limit: 10 });
    return items.every(({ state }) => state === "ended");
  }

  async result() {
    await this.pass();
    const { state } = (await store.firmwareCampaigns.find(this.#id))!;
    const { items } = await store.firmwareCampaignTargets.list(this.#id, {}, { limit: 10 });
    await this.#world.end();
    const ended = this.#stations.map(({ updates, identity }) => ({
      outcome: items.find(({ chargePoint }) => chargePoint === identity)?.outcome,
      sent: updates.length,
    }));
    return { state, ended };
  }
}

const MOST_ROUNDS = 40;

async function run(death: Death) {
  const course = new Course(death);
  await course.begin();
  for (let round = 0; round < MOST_ROUNDS && !await course.isOver(); round++) {
    await course.update();
    await course.pass();
  }
  return { ...await course.result(), wasKilled: course.deadly.isDead };
}

/** The steps, as the statements that they are made of, and to how many of their calls a death comes. */
const STEPS: readonly (Pick<Death, "repository" | "method"> & { readonly about: string; readonly calls: number })[] = [
  { about: "spawn", repository: "firmwareCampaigns", method: "listUnfinished", calls: 2 },
  { about: "load", repository: "firmwareCampaigns", method: "find", calls: 2 },
  { about: "load", repository: "firmwareCampaignTargets", method: "listWaiting", calls: 2 },
  { about: "look", repository: "firmwareCampaignTargets", method: "listAttempts", calls: 2 },
  { about: "claim", repository: "firmwareCampaignTargets", method: "claim", calls: 2 },
  { about: "send", repository: "commands", method: "insert", calls: 2 },
  { about: "send", repository: "commands", method: "claimNext", calls: 2 },
  { about: "send", repository: "firmwareUpdates", method: "begin", calls: 2 },
  { about: "answer", repository: "commands", method: "settle", calls: 2 },
  { about: "status", repository: "firmwareUpdates", method: "recordStatus", calls: 2 },
  { about: "settle", repository: "firmwareCampaignTargets", method: "decide", calls: 2 },
  { about: "count", repository: "firmwareCampaigns", method: "countTargets", calls: 2 },
  { about: "wave", repository: "firmwareCampaigns", method: "releaseAfter", calls: 2 },
  { about: "end", repository: "firmwareCampaigns", method: "complete", calls: 1 },
];

/** Not steps of the campaign's actors, so that only the process dies there. */
const OF_OTHERS = new Set(["commands", "firmwareUpdates"]);

/** When a process dies, a CALL may be written down as sent and never have gone out: then nobody knows, and it is not sent again. */
async function survives(death: Death): Promise<void> {
  const { wasKilled, state, ended } = await run(death);
  const about = JSON.stringify(death);
  assertEquals([wasKilled, state], [true, "completed"], about);
  for (const [n, { outcome, sent }] of ended.entries()) {
    const attempts = n === 0 ? 2 : 1;
    if (outcome === "timedOut" && death.of === "process") assert(sent < attempts, about);
    else assertEquals([outcome, sent], ["installed", attempts], about);
  }
}

for (const { about, repository, method, calls } of STEPS) {
  for (const victim of ["actor", "process"] as const) {
    if (victim === "actor" && OF_OTHERS.has(repository)) continue;
    Deno.test(`killed at ${about} (${method}), the ${victim}: the campaign ends well, nobody is sent it twice`, async () => {
      for (const when of ["before", "after"] as const) {
        for (let call = 1; call <= calls; call++) await survives({ repository, method, when, call, of: victim });
      }
    });
  }
}
