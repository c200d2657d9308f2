/**
 * The simulator's only source of time. Everything that waits (heartbeats, samples, retries, expiries) waits here, so that
 * a test with a clock of its own decides when a minute has passed and never sleeps.
 */

/** What the simulator needs of time. `after` returns a function that cancels. */
export interface SimulatorClock {
  now(): Date;
  after(ms: number, run: () => void): () => void;
}

/** Timers of the platform overflow above 2^31−1 ms (24.8 days) and would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock on the wall. */
export const realClock: SimulatorClock = {
  now: () => new Date(),
  after(ms, run) {
    let left = Math.max(0, ms);
    let timer: ReturnType<typeof setTimeout>;
    const arm = () => {
      const step = Math.min(left, LONGEST_TIMER_MS);
      left -= step;
      timer = setTimeout(() => left > 0 ? arm() : run(), step);
    };
    arm();
    return () => clearTimeout(timer);
  },
};
