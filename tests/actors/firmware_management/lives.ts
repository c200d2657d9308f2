/**
 * Deaths in the middle of a campaign. They come at statements, before and after, because what is lost between two of them nobody else knows of.
 */
import type { Store } from "../../../db/store.ts";
import { FakeClock } from "../../fake_clock.ts";
import { watchedStore } from "../charge_point/watched_store.ts";
import { type Station, World } from "./campaign_world.ts";

/** Who dies where. */
export interface Deaths {
  /** As in `commands.insert`. */
  readonly statement: string;
  /** An actor gets an error that it does not survive; a process hears nothing any more, of any statement. */
  readonly of: "actor" | "process";
  /** In turn the call dies before the statement and after it. */
  readonly count: number;
}

/** The processes that run a campaign, one after the other. */
export class Lives {
  readonly stations: Station[] = [];
  world: World;
  /** So many have come. */
  deaths = 0;
  #death = Promise.withResolvers<void>();
  #isArmed = false;

  constructor(readonly store: Store, readonly due: Deaths) {
    this.world = this.#begin(new FakeClock());
  }

  /** From here on they die. */
  arm(): void {
    this.#isArmed = true;
  }

  /** What a process dies of is done again in the next one, because who got no answer asks again. */
  async do(work: (world: World) => Promise<void>): Promise<void> {
    if (!await this.#diesOf(work)) return;
    do {
      // On a clock of its own: that of the dead one stands still, so that none of its timers does anything any more.
      this.world = this.#begin(new FakeClock(this.world.clock.now().toISOString()));
    } while (await this.#diesOf((world) => world.arrive(this.stations).then(() => work(world))));
  }

  async #diesOf(work: (world: World) => Promise<void>): Promise<boolean> {
    return await Promise.race([work(this.world).then(() => false), this.#death.promise.then(() => true)]);
  }

  #begin(clock: FakeClock): World {
    let [isDying, isDead] = [false, false];
    this.#death = Promise.withResolvers();
    const never = new Promise<never>(() => {});
    const store = watchedStore(this.store, async (statement, work) => {
      if (isDead) return await never;
      if (isDying || !this.#isDeadly(statement)) {
        const answer = await work();
        return isDead ? await never : answer;
      }
      isDying = this.due.of === "process";
      if (this.deaths++ % 2 === 1) await work();
      if (!isDying) throw new Error("killed");
      isDead = true;
      this.#death.resolve();
      return await never;
    });
    return new World(store, clock, () => {});
  }

  #isDeadly(statement: string): boolean {
    return this.#isArmed && statement === this.due.statement && this.deaths < this.due.count;
  }
}
