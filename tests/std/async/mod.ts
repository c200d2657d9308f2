/**
 * The functions of `@std/async` that our tests use, under the names and signatures that its documentation gives. `deno.json`
 * links this folder in place of the JSR package, as it does for the assertions. All three run on the real clock: what the
 * product itself waits for goes through its own clock instead.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Options of `deadline`. */
export interface DeadlineOptions {
  /** Gives up early, with the signal's reason. */
  signal?: AbortSignal;
}

/** Rejects with a `DOMException` named `TimeoutError` when the promise takes longer; what it does goes on all the same. */
export async function deadline<T>(p: Promise<T>, ms: number, options: DeadlineOptions = {}): Promise<T> {
  options.signal?.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const aborted = () => reject(options.signal?.reason);
  const timer = setTimeout(() => reject(new DOMException("Signal timed out.", "TimeoutError")), ms);
  options.signal?.addEventListener("abort", aborted, { once: true });
  try {
    return await Promise.race([p, promise]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", aborted);
  }
}

/** Options of `delay`. */
export interface DelayOptions {
  /** Ends the wait early: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** `false` lets the process end although the wait has not. Default `true`. */
  persistent?: boolean;
}

/** Resolves after the given milliseconds. */
export async function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  try {
    await sleep(ms, undefined, { ref: persistent, ...(signal && { signal }) });
  } catch (error) {
    // Node wraps the reason into an AbortError of its own; the original rejects with the reason itself.
    signal?.throwIfAborted();
    throw error;
  }
}

/** Options of `retry`; the waits grow by `multiplier` from `minTimeout` up to `maxTimeout`, both in milliseconds. */
export interface RetryOptions {
  /** Default 2. */
  multiplier?: number;
  /** Default 60000. */
  maxTimeout?: number;
  /** Default 5. */
  maxAttempts?: number;
  /** Default 1000. */
  minTimeout?: number;
  /** Share of each wait that chance takes away: 0 for none, 1 for up to all of it. Default 1. */
  jitter?: number;
}

/** Thrown by `retry` after the last attempt, which is its `cause`. */
export class RetryError extends Error {
  constructor(cause: unknown, attempts: number) {
    super(`Retrying exceeded the maxAttempts (${attempts}).`, { cause });
    this.name = "RetryError";
  }
}

/** Calls the function until it neither throws nor rejects, at most `maxAttempts` times. */
export async function retry<T>(fn: (() => Promise<T>) | (() => T), options: RetryOptions = {}): Promise<T> {
  const { multiplier = 2, maxTimeout = 60_000, maxAttempts = 5, minTimeout = 1000, jitter = 1 } = options;
  for (let attempt = 1;; attempt++) {
    try {
      return await fn();
    } catch (error) {
      if (attempt >= maxAttempts) throw new RetryError(error, maxAttempts);
      const longest = Math.min(maxTimeout, minTimeout * multiplier ** (attempt - 1));
      await delay(longest * (1 - jitter * Math.random()));
    }
  }
}
