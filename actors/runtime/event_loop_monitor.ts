/**
 * Notices when the process was too busy to take turns: one thread serves all charge points, so that work which holds it up holds up all of them. A stall is
 * counted and logged when it is over. The process does not end itself: a stall that is over does no more harm, and one that is not over cannot be
 * noticed from inside, which is what `/healthz` is for.
 */
import type { Clock } from "./clock.ts";
import type { Counts } from "./counts.ts";
import type { Log } from "./log.ts";

/** How often the watch takes its turn. */
const EVERY_MS = 250;

/** Being later than this is a stall. */
export const STALL_MS = 250;

/** Stalls since the start. */
export interface LoopWatch {
  readonly stalls: number;
  readonly longestMs: number;
  close(): void;
}

/** Starts to watch. `lateness` is told of every turn, on time or not. */
export function watchLoop(clock: Clock, log: Log, lateness: Pick<Counts["lateness"], "observe">): LoopWatch {
  const seen = { stalls: 0, longestMs: 0 };
  let dueMs = 0;
  let stop = () => {};
  const next = () => {
    dueMs = clock.monotonicMs() + EVERY_MS;
    stop = clock.after(EVERY_MS, look);
  };
  const look = () => {
    const lateMs = Math.round(clock.monotonicMs() - dueMs);
    lateness.observe(Math.max(0, lateMs) / 1000);
    if (lateMs > STALL_MS) {
      seen.stalls++;
      seen.longestMs = Math.max(seen.longestMs, lateMs);
      log.warn(`The process took no turns for ${lateMs} ms`, { stalls: seen.stalls });
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
