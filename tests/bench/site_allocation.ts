/** The time to allocate a site's limit to 1,000 sessions, for each quarter of an hour of a day. */
import { prepare, type Session } from "../../actors/smart_charging/allocation.ts";
import { aim, type Section } from "./results.ts";

const SESSIONS = 1000;
const STEPS = 96;
const RUNS = 50;

/** Sessions of different kinds: single-phase and three-phase, with different weights, maximums and minimums. */
function sessions(): Session[] {
  return Array.from({ length: SESSIONS }, (_, i) => ({
    id: `CP${String(i).padStart(4, "0")}/1`,
    weight: 1 + i % 3,
    floor: i % 10 === 0 ? 6 : 0,
    least: 6,
    most: [16, 20, 32, 63][i % 4]!,
    phases: i % 5 === 0 ? 1 << i % 3 : 0b111,
    since: i * 7919 % SESSIONS,
  }));
}

/** A limit that varies over the day, from too low for all sessions to above their sum. */
function window(): number[][] {
  return Array.from({ length: STEPS }, (_, step) => {
    const limit = SESSIONS * (4 + 30 * Math.sin(Math.PI * step / STEPS));
    return [limit, limit * 0.9, limit * 1.1];
  });
}

/** Measures the allocation; the baseline is sorting the same number of numbers. */
export function siteAllocation(): Promise<Section> {
  const given = sessions();
  const steps = window();
  const numbers = steps.map((_, step) => given.map(({ since }) => Math.sin(since * (step + 1))));
  const baseline = median(() => numbers.map((list) => list.toSorted((a, b) => a - b)));
  const measured = median(() => steps.map(prepare(given)));
  return Promise.resolve({
    title: "Site allocation",
    notes: [
      `${SESSIONS} sessions over ${STEPS} quarter-hours, three phases, a varying limit: the allocation for the whole day.`,
      `The median of ${RUNS} runs.`,
    ],
    head: ["", "ms", "of the baseline"],
    rows: [
      [`baseline: sorting ${SESSIONS} numbers ${STEPS} times`, baseline.toFixed(2), "1.00"],
      ["the allocation", measured.toFixed(2), (measured / baseline).toFixed(2)],
    ],
    aims: [aim(`Site allocation, ${SESSIONS} sessions over ${STEPS} quarter-hours: ms`, measured, "<=", 20)],
  });
}

function median(work: () => unknown): number {
  const times = Array.from({ length: RUNS }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[RUNS >> 1]!;
}
