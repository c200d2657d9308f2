/** Crashes in the middle of a campaign, before or after a statement: between two statements a process does nothing that lasts. */
import type { Store } from "../../../db/store.ts";
import { FakeClock } from "../../fake_clock.ts";
import { watchedStore } from "../charge_point/watched_store.ts";
import { type TestChargePoint, TestProcess } from "./test_process.ts";

/** What crashes, and at which statement. */
export interface Crashes {
  /** As in `commands.insert`. */
  readonly statement: string;
  /** `actor`: the statement throws, and the actor is restarted. `process`: no statement returns any more. */
  readonly of: "actor" | "process";
  /** The number of crashes, alternately before and after the statement. */
  readonly count: number;
}

/** A process that runs a campaign and is started again after each crash. */
export class CrashingProcess {
  readonly cps: TestChargePoint[] = [];
  process: TestProcess;
  /** The number of crashes so far. */
  crashes = 0;
  #crash = Promise.withResolvers<void>();
  #isArmed = false;
  /** Statements that the database executes, those of crashed processes included. */
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(readonly store: Store, readonly due: Crashes) {
    this.process = this.#begin(new FakeClock());
  }

  /** Crashes happen only after this. */
  arm(): void {
    this.#isArmed = true;
  }

  /** Ends the last process, then waits for what its predecessors still have in the database. */
  async end(): Promise<void> {
    await this.process.end();
    await Promise.allSettled(this.#underWay);
  }

  /** Does some work. After a crash it is repeated in the next process, as a client without an answer repeats its request. */
  async do(work: (process: TestProcess) => Promise<void>): Promise<void> {
    if (!await this.#crashes(work)) return;
    do {
      // With a new clock: the old one stands still, so that no timer of the crashed process runs.
      this.process = this.#begin(new FakeClock(this.process.clock.now().toISOString()));
    } while (await this.#crashes((process) => process.arrive(this.cps).then(() => work(process))));
  }

  async #crashes(work: (process: TestProcess) => Promise<void>): Promise<boolean> {
    return await Promise.race([work(this.process).then(() => false), this.#crash.promise.then(() => true)]);
  }

  #begin(clock: FakeClock): TestProcess {
    let [isCrashing, isCrashed] = [false, false];
    this.#crash = Promise.withResolvers();
    const never = new Promise<never>(() => {});
    const store = watchedStore(this.store, async (statement, execute) => {
      const work = () => this.#tracked(execute());
      if (isCrashed) return await never;
      if (isCrashing || !this.#isCrashPoint(statement)) {
        const answer = await work();
        return isCrashed ? await never : answer;
      }
      isCrashing = this.due.of === "process";
      if (this.crashes++ % 2 === 1) await work();
      if (!isCrashing) throw new Error("killed");
      isCrashed = true;
      this.#crash.resolve();
      return await never;
    });
    return new TestProcess(store, clock, () => {});
  }

  #tracked(result: unknown): Promise<unknown> {
    const work = Promise.resolve(result);
    this.#underWay.add(work);
    const done = () => void this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }

  #isCrashPoint(statement: string): boolean {
    return this.#isArmed && statement === this.due.statement && this.crashes < this.due.count;
  }
}
