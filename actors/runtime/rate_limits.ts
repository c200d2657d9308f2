/**
 * How often something may happen: token buckets, which allow a burst at once and a steady rate after it. Time is handed in, so a bucket
 * has no timer and costs two numbers.
 */

/** A steady rate and what may come at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** One bucket, full at first. */
export class Bucket {
  #tokens: number;
  #atMs: number;

  constructor(readonly rate: Rate, nowMs: number) {
    this.#tokens = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes this many tokens; false: they are not there, and nothing is taken. More than the burst is never there. */
  take(nowMs: number, tokens = 1): boolean {
    this.#refill(nowMs);
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Milliseconds until `take` can succeed; 0 when it can now. */
  waitMs(nowMs: number, tokens = 1): number {
    this.#refill(nowMs);
    // Rounded up, so that a client that waits that long does not come slightly too early.
    return Math.max(0, Math.ceil((tokens - this.#tokens) / this.rate.perSecond * 1000));
  }

  /** Whether nothing is missing: a full bucket remembers nothing. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= this.rate.burst;
  }

  #refill(nowMs: number): void {
    const grown = this.#tokens + (nowMs - this.#atMs) / 1000 * this.rate.perSecond;
    this.#tokens = Math.min(this.rate.burst, grown);
    this.#atMs = nowMs;
  }
}

/** Strangers choose the keys, so no more of them are remembered; the one that was quiet longest is forgotten first. */
const REMEMBERED_KEYS = 10_000;

/** A bucket for each key, e.g. each address. */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>();

  constructor(readonly rate: Rate, readonly remembered: number = REMEMBERED_KEYS) {}

  /** Takes a token of this key; false: there is none. */
  take(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? new Bucket(this.rate, nowMs);
    // Put in again, so that the order of the map is the order of use.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.remembered) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket.take(nowMs);
  }

  /** Milliseconds until this key has a token; 0 when it has one now. */
  waitMs(key: string, nowMs: number): number {
    return this.#buckets.get(key)?.waitMs(nowMs) ?? 0;
  }

  /** Whether a token was taken of late. */
  isUsed(key: string, nowMs: number): boolean {
    return this.#buckets.get(key)?.isFull(nowMs) === false;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}
