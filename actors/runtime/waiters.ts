import type { Clock } from "./clock.ts";

/** Promises that wait for a value with a key, such as the end of a command with its id. */
export class Waiters<T> {
  readonly #waiting = new Map<string, Set<(value: T | undefined) => void>>();

  constructor(readonly clock: Clock) {}

  /** Resolves with the value given to `resolve`, or with undefined after `ms`. */
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

  /** Resolves all waits with this key. */
  resolve(key: string, value: T): void {
    for (const done of [...this.#waiting.get(key) ?? []]) done(value);
  }

  /** Resolves all waits with undefined, at the shutdown. */
  endAll(): void {
    for (const waiting of [...this.#waiting.values()]) for (const done of [...waiting]) done(undefined);
  }
}
