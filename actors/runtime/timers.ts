import type { Clock } from "./clock.ts";

/** Timers of one owner, which can all be cancelled at once. Of several with the same key only the earliest runs. */
export class Timers {
  readonly #planned = new Map<string | symbol, { readonly atMs: number; readonly cancel: () => void }>();

  constructor(readonly clock: Clock) {}

  /** Calls a function once, after a delay. Returns a function that cancels it. */
  after(ms: number, run: () => void, key: string | symbol = Symbol()): () => void {
    const atMs = this.clock.monotonicMs() + ms;
    const known = this.#planned.get(key);
    if (known && known.atMs <= atMs) return known.cancel;
    known?.cancel();
    const stop = this.clock.after(ms, () => {
      this.#planned.delete(key);
      run();
    });
    const cancel = () => {
      stop();
      if (this.#planned.get(key)?.cancel === cancel) this.#planned.delete(key);
    };
    this.#planned.set(key, { atMs, cancel });
    return cancel;
  }

  cancelAll(): void {
    for (const { cancel } of [...this.#planned.values()]) cancel();
  }
}
