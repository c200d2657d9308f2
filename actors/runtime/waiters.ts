import type { Clock } from "./clock.ts";

/** Promises that wait for something to happen under a key, such as the end of a command. */
export class Waiters<T> {
  readonly #waiting = new Map<string, Set<(value: T | undefined) => void>>();

  constructor(readonly clock: Clock) {}

  /** Resolves with what is told, or with undefined after `ms`; at once for 0 ms. */
  wait(key: string, ms: number): Promise<T | undefined> {
    if (ms <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(key) ?? new Set();
      const done = (value: T | undefined) => {
        cancel();
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(key);
        resolve(value);
      };
      const cancel = this.clock.after(ms, () => done(undefined));
      this.#waiting.set(key, waiting.add(done));
    });
  }

  /** It has happened. */
  tell(key: string, value: T): void {
    for (const done of [...this.#waiting.get(key) ?? []]) done(value);
  }

  /** Nothing will happen any more: all waits end with undefined. */
  endAll(): void {
    for (const waiting of [...this.#waiting.values()]) for (const done of [...waiting]) done(undefined);
  }
}
