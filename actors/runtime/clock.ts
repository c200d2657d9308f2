/**
 * The clock as an interface, so that tests can use a fake one. All code in `actors/` and above reads time only through a Clock. In the layers
 * below, time is an argument.
 */
export interface Clock {
  /** Wall-clock time, for rows and messages. It may jump. */
  now(): Date;
  /** Milliseconds that never go back, for latencies and deadlines. */
  monotonicMs(): number;
  /** Calls a function once, after a delay. Returns a function that cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** The longest delay of setTimeout; it runs longer ones at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, LONGEST_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
