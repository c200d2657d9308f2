/** Generates load for a fixed time and measures rates and answer times. */
import { closeLines, type Line, openLines } from "./line.ts";
import type { Subject } from "./subject.ts";

/** The results of a measurement; p50 and p99 in ms. */
export interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** The number of answers that were not the expected ones. */
  readonly wrong: number;
  /** CPU time per message in µs, of the measured process alone; undefined where it was not measured. */
  readonly cpuMicros?: number;
}

/** The load before the measurement. */
export const WARM_UP_MS = 1500;
/** The duration of the measurement. */
export const MEASURED_MS = 4000;

/** Collects answer times. */
export class Stopwatch {
  #times: number[] = [];
  #wrong = 0;
  #since = performance.now();

  add(tookMs: number, isRight = true): void {
    this.#times.push(tookMs);
    if (!isRight) this.#wrong++;
  }

  /** Discards the times so far, at the end of the warm-up. */
  restart(): void {
    this.#times = [];
    this.#wrong = 0;
    this.#since = performance.now();
  }

  get count(): number {
    return this.#times.length;
  }

  read(): Figures {
    const perSecond = this.#times.length / (performance.now() - this.#since) * 1000;
    const sorted = Float64Array.from(this.#times).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    return { perSecond, p50: at(0.5), p99: at(0.99), wrong: this.#wrong };
  }
}

/** Waits. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Returns the `n`th message of a charge point. */
export type MessageSource = (line: Line, n: number) => readonly [action: string, payload: unknown];

/** Measures `width` charge points, each of which sends its next message as soon as the last was answered. */
export async function sendRepeatedly(subject: Subject, width: number, message: MessageSource): Promise<Figures> {
  const lines = await openLines(subject, 1, width);
  const watch = new Stopwatch();
  let over = false;
  for (const line of lines) {
    let n = 0;
    const next = () => {
      if (over) return;
      line.call(...message(line, n++), (tookMs, isRight) => {
        watch.add(tookMs, isRight);
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

/** Measures a function that `width` callers call repeatedly. */
export async function callRepeatedly(width: number, call: (caller: number, n: number) => Promise<unknown>) {
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
