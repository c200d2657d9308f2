/**
 * Time as something that is handed over, so that tests can own it. Everything in `actors/` and above reads time only through a
 * Clock; below, time is an argument.
 */
export interface Clock {
  /** Wall-clock time: what is written into rows and sent over the wire. May jump. */
  now(): Date;
  /** Milliseconds that never go back: for latencies and deadlines. */
  monotonicMs(): number;
  /** Runs something once, later. Returns the way to prevent it. */
  after(ms: number, run: () => void): () => void;
}

/** The longest delay that setTimeout keeps; longer ones would fire at once. */
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
