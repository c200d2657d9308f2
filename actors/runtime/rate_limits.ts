/**
 * Token buckets: they allow a burst and then a steady rate. Time is an argument, so a bucket has no timer and needs only two numbers.
 */

/** A steady rate, and the burst: the size of the bucket. */
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

  /** Takes tokens. Returns false, and takes none, if there are not enough; more than the burst are never available. */
  take(nowMs: number, tokens = 1): boolean {
    this.#refill(nowMs);
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }

  /** Milliseconds until `take` can succeed; 0: now. */
  waitMs(nowMs: number, tokens = 1): number {
    this.#refill(nowMs);
    // Rounded up, so that a client that waits this long does not retry slightly too early.
    return Math.max(0, Math.ceil((tokens - this.#tokens) / this.rate.perSecond * 1000));
  }

  /** Whether the bucket is full, which is its state without use. */
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

/** Keys come from clients, so their number is limited; the least recently used one is removed first. */
const KEYS_MAX = 10_000;

/** One bucket per key, such as an address. */
export class Buckets {
  readonly #buckets = new Map<string, Bucket>();

  constructor(readonly rate: Rate, readonly keysMax: number = KEYS_MAX) {}

  /** Takes a token of this key. Returns false if there is none. */
  take(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? new Bucket(this.rate, nowMs);
    // Deleted and set again, so that the map is in the order of last use.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.keysMax) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket.take(nowMs);
  }

  /** Milliseconds until this key has a token; 0: now. */
  waitMs(key: string, nowMs: number): number {
    return this.#buckets.get(key)?.waitMs(nowMs) ?? 0;
  }

  /** Whether this key's bucket is not full, because a token was taken recently. */
  isUsed(key: string, nowMs: number): boolean {
    return this.#buckets.get(key)?.isFull(nowMs) === false;
  }

  /** The number of keys in memory. */
  get size(): number {
    return this.#buckets.size;
  }
}
