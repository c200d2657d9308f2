/**
 * Measures the event loop lag: the delay of a regular timer. One thread serves all charge points, so a computation that blocks it delays all of
 * them. A stall is counted and logged when it is over. A stall that does not end cannot be detected from inside the process; `/healthz`
 * is for that.
 */
import type { Clock } from "./clock.ts";
import type { Counts } from "./counts.ts";
import type { Log } from "./log.ts";

/** The interval of the timer. */
const INTERVAL_MS = 250;

/** A longer delay is a stall. */
export const STALL_MS = 250;

/** The stalls since the start; `close` stops the timer. */
export interface LoopWatch {
  readonly stalls: number;
  readonly longestMs: number;
  close(): void;
}

/** Starts the monitor. `lateness` observes the delay of every timer, in seconds. */
export function watchLoop(clock: Clock, log: Log, lateness: Pick<Counts["lateness"], "observe">): LoopWatch {
  const seen = { stalls: 0, longestMs: 0 };
  let dueMs = 0;
  let stop = () => {};
  const next = () => {
    dueMs = clock.monotonicMs() + INTERVAL_MS;
    stop = clock.after(INTERVAL_MS, measure);
  };
  const measure = () => {
    const lateMs = Math.round(clock.monotonicMs() - dueMs);
    lateness.observe(Math.max(0, lateMs) / 1000);
    if (lateMs > STALL_MS) {
      seen.stalls++;
      seen.longestMs = Math.max(seen.longestMs, lateMs);
      log.warn(`The event loop was blocked for ${lateMs} ms`, { stalls: seen.stalls });
    }
    next();
  };
  next();
  return {
    get stalls() {
      return seen.stalls;
    },
    get longestMs() {
      return seen.longestMs;
    },
    close: () => stop(),
  };
}
