/**
 * The simulator's only source of time. All waits (heartbeats, samples, retries, expiries) use it, so that tests replace it and never sleep.
 */

/** A clock with timers. `after` returns a function that cancels the timer. */
export interface SimulatorClock {
  now(): Date;
  after(ms: number, run: () => void): () => void;
}

/** `setTimeout` fires at once for waits above 2^31−1 ms (24.8 days). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of the system. */
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
