type Container = Record<PropertyKey, unknown> | unknown[];

/**
 * A copy-on-write payload: changes leave the original as it is. Only the objects and lists on the path to a change are copied, each once: a
 * payload may be nested too deep for a recursive copy, and one StopTransaction may need ten thousand changes. Removed list entries
 * disappear when `settle` is called, so that the paths of one parse stay valid until the next.
 */
export class Draft {
  #root: unknown;
  #changed = false;
  readonly #copied = new Set<unknown>();
  readonly #removed = new Map<unknown[], Set<number>>();

  constructor(original: unknown) {
    this.#root = original;
  }

  /** The payload as changed so far. */
  get value(): unknown {
    return this.#root;
  }

  /** Sets the value at a path whose parent exists. */
  set(path: readonly PropertyKey[], value: unknown): void {
    this.#changed = true;
    (this.#parentOf(path) as Record<PropertyKey, unknown>)[path.at(-1)!] = value;
  }

  /** Removes a field or a list entry. */
  remove(path: readonly PropertyKey[]): void {
    this.#changed = true;
    const parent = this.#parentOf(path);
    const last = path.at(-1)!;
    if (!Array.isArray(parent)) {
      delete parent[last];
      return;
    }
    const removed = this.#removed.get(parent) ?? new Set();
    this.#removed.set(parent, removed.add(last as number));
  }

  /** Deletes the removed list entries. Returns whether anything has changed since the last call. */
  settle(): boolean {
    for (const [list, removed] of this.#removed) {
      const kept = list.filter((_, index) => !removed.has(index));
      list.length = 0;
      for (const entry of kept) list.push(entry);
    }
    this.#removed.clear();
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** The parent of a path, copied together with its ancestors. */
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
