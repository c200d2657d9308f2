/**
 * The functions of `@std/async` that the tests use, with the documented names and signatures. `deno.json` links this folder in place of the JSR package,
 * as for the assertions. They use the real clock, unlike the product, whose waits use its own clock.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** Options of `deadline`. */
export interface DeadlineOptions {
  /** Rejects early, with the signal's reason. */
  signal?: AbortSignal;
}

/** Rejects with a `DOMException` named `TimeoutError` when the promise takes longer. The work of the promise is not stopped. */
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
  /** With `false`, the process may end during the wait. Default `true`. */
  persistent?: boolean;
}

/** Resolves after the given milliseconds. */
export async function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  try {
    await sleep(ms, undefined, { ref: persistent, ...(signal && { signal }) });
  } catch (error) {
    // Node rejects with an AbortError around the reason; `@std/async` rejects with the reason itself.
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
  /** The largest random reduction of each wait: 0 for none, 1 for up to the whole wait. Default 1. */
  jitter?: number;
}

/** The error of `retry` after the last attempt, whose error is the `cause`. */
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
