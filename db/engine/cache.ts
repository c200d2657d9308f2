/**
 * A bounded memory of look-ups. The least recently used entry makes room for a new one, and none is believed longer than its
 * time to live, because another process may have changed the row.
 */

/** How much a cache keeps, for how long, and by which rising clock. */
export interface CacheOptions {
  readonly maxEntries: number;
  readonly ttlMs: number;
  readonly monotonicMs: () => number;
}

interface Entry<Value> {
  readonly value: Promise<Value>;
  readonly until: number;
}

/** Values by key. Look-ups of one key at the same moment share one load; failed loads are not kept. */
export class Cache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(readonly options: CacheOptions) {}

  /** The value as known, or as `load` finds it now. */
  find(key: string, load: () => Promise<Value>): Promise<Value> {
    const now = this.options.monotonicMs();
    const known = this.#entries.get(key);
    if (known !== undefined && known.until > now) {
      this.#entries.delete(key); // a Map keeps the order of insertion: taken out and put back, it is the youngest
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

  /** Call it after the write committed: a load that began before then is forgotten with the entry. */
  forget(key: string): void {
    this.#entries.delete(key);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }
}
