/** A payload that can be changed without changing the original. */

type Container = Record<PropertyKey, unknown> | unknown[];

/**
 * Copies only the objects and lists on the way to a change, each once: a payload may be nested deeper than any recursive copy
 * survives, and one StopTransaction may need ten thousand changes. Removed list entries go when `settle` is called, so that
 * paths found by one parse stay right until the next.
 */
export class Draft {
  #root: unknown;
  #changed = false;
  readonly #copied = new Set<unknown>();
  readonly #doomed = new Map<unknown[], Set<number>>();

  constructor(original: unknown) {
    this.#root = original;
  }

  /** The payload as changed so far. */
  get value(): unknown {
    return this.#root;
  }

  /** Puts a value at a place whose parent exists. */
  set(path: readonly PropertyKey[], value: unknown): void {
    this.#changed = true;
    (this.#parentOf(path) as Record<PropertyKey, unknown>)[path.at(-1)!] = value;
  }

  /** Takes a field or a list entry away. */
  remove(path: readonly PropertyKey[]): void {
    this.#changed = true;
    const parent = this.#parentOf(path);
    const last = path.at(-1)!;
    if (!Array.isArray(parent)) {
      delete parent[last];
      return;
    }
    const doomed = this.#doomed.get(parent) ?? new Set();
    this.#doomed.set(parent, doomed.add(last as number));
  }

  /** Closes the gaps of removed list entries; true when anything changed since the last time. */
  settle(): boolean {
    for (const [list, doomed] of this.#doomed) {
      const kept = list.filter((_, index) => !doomed.has(index));
      list.length = 0;
      for (const entry of kept) list.push(entry);
    }
    this.#doomed.clear();
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** The parent of a place, copied with everything above it. */
  #parentOf(path: readonly PropertyKey[]): Container {
    this.#root = this.#copyOf(this.#root);
    let container = this.#root as Container;
    for (const step of path.slice(0, -1)) {
      const child = this.#copyOf((container as Record<PropertyKey, unknown>)[step]);
      (container as Record<PropertyKey, unknown>)[step] = child;
      container = child;
    }
    return container;
  }

  #copyOf(original: unknown): Container {
    if (this.#copied.has(original)) return original as Container;
    const copy = Array.isArray(original) ? original.slice() : { ...(original as Record<PropertyKey, unknown>) };
    this.#copied.add(copy);
    return copy;
  }
}
