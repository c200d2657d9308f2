/**
 * A bounded cache of look-ups. It drops the least recently used entry first. An entry expires after its time to live, because
 * another process may have changed the row.
 */

/** The size of a cache, the time to live of its entries, and its monotonic clock. */
export interface CacheOptions {
  readonly maxEntries: number;
  readonly ttlMs: number;
  readonly monotonicMs: () => number;
}

interface Entry<Value> {
  readonly value: Promise<Value>;
  readonly until: number;
}

/** Values by key. Concurrent look-ups of one key share one load; failed loads are not kept. */
export class Cache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(readonly options: CacheOptions) {}

  /** The cached value, or the result of `load`. */
  find(key: string, load: () => Promise<Value>): Promise<Value> {
    const now = this.options.monotonicMs();
    const known = this.#entries.get(key);
    if (known !== undefined && known.until > now) {
      this.#entries.delete(key); // A Map keeps the order of insertion: the entry becomes the most recently used.
      this.#entries.set(key, known);
      return known.value;
    }
    const entry = { value: load(), until: now + this.options.ttlMs };
    entry.value.catch(() => this.#entries.get(key) === entry && this.#entries.delete(key));
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.options.maxEntries) this.#entries.delete(this.#entries.keys().next().value!);
    return entry.value;
  }

  /** Removes an entry. To be called after the commit of a write: this also discards a load that began before the commit. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** Removes all entries. */
  clear(): void {
    this.#entries.clear();
  }
}
