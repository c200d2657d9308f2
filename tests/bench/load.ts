/** Load of bounded length, and what it measures. */
import { closeLines, type Line, openLines } from "./line.ts";
import type { Subject } from "./subject.ts";

/** What was measured. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Answers that were not what was hoped for. */
  readonly bad: number;
  /** Processor time per message in µs, of the measured process alone; undefined where it is our own. */
  readonly cpuMicros?: number;
}

export const WARM_UP_MS = 1500;
export const MEASURED_MS = 4000;

/** Collects times while it is open. */
export class Stopwatch {
  #times: number[] = [];
  #bad = 0;
  #since = performance.now();

  add(tookMs: number, good = true): void {
    this.#times.push(tookMs);
    if (!good) this.#bad++;
  }

  /** Forgets what was: the warm-up is over. */
  restart(): void {
    this.#times = [];
    this.#bad = 0;
    this.#since = performance.now();
  }

  get count(): number {
    return this.#times.length;
  }

  read(): Figures {
    const perSecond = this.#times.length / (performance.now() - this.#since) * 1000;
    const sorted = Float64Array.from(this.#times).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    return { perSecond, p50: at(0.5), p99: at(0.99), bad: this.#bad };
  }
}

export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a charge point says as its `n`th message. */
export type Saying = (line: Line, n: number) => readonly [action: string, payload: unknown];

/** `width` charge points that say the next as soon as the last was answered. */
export async function hammer(subject: Subject, width: number, saying: Saying): Promise<Figures> {
  const lines = await openLines(subject, 1, width);
  const watch = new Stopwatch();
  let over = false;
  for (const line of lines) {
    let n = 0;
    const next = () => {
      if (over) return;
      line.call(...saying(line, n++), (tookMs, good) => {
        watch.add(tookMs, good);
        next();
      });
    };
    next();
  }
  await pass(WARM_UP_MS);
  const before = await subject.cpuMs();
  watch.restart();
  await pass(MEASURED_MS);
  const figures = watch.read();
  const count = watch.count;
  const cpuMicros = (await subject.cpuMs() - before) / count * 1000;
  over = true;
  await closeLines(lines);
  return { ...figures, cpuMicros };
}

/** The same with `width` callers of a function. */
export async function hammerFunction(width: number, call: (caller: number, n: number) => Promise<unknown>) {
  const watch = new Stopwatch();
  let over = false;
  const callers = Array.from({ length: width }, async (_, caller) => {
    for (let n = 0; !over; n++) {
      const startedAt = performance.now();
      await call(caller, n);
      watch.add(performance.now() - startedAt);
    }
  });
  await pass(WARM_UP_MS);
  watch.restart();
  await pass(MEASURED_MS);
  const figures = watch.read();
  over = true;
  await Promise.all(callers);
  return figures;
}
