/**
 * A clock that moves only when a test moves it. Timers run in the order of their time. Tests wait for the work that timers start with
 * `ActorSystem.quiet`, and never sleep.
 */
import type { Clock } from "../actors/runtime/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  readonly #timers = new Set<Timer>();
  #order = 0;

  constructor(start = "2026-03-02T01:00:00.000Z") {
    this.#startMs = this.#nowMs = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, order: this.#order++, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** The number of timers that have not run yet. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the clock from timer to timer; awaits `settle` after each, e.g. `() => system.quiet()`. */
  async advance(ms: number, settle: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const end = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await settle();
    }
    this.#nowMs = end;
  }

  /** Moves the clock in one step, as on a machine that was suspended: each timer that became due runs once, afterwards. */
  async leap(ms: number, settle: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await settle();
    this.#nowMs += ms;
    await this.advance(0, settle);
  }

  /** Moves the clock in steps of at most `strideMs`: faster than `advance` for a long time with many periodic timers. */
  async stride(ms: number, strideMs: number, settle: () => Promise<void>): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= strideMs) await this.leap(Math.min(leftMs, strideMs), settle);
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue;
      if (!first || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
