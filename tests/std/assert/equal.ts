/**
 * The equality of `@std/assert`: structure and values, not identity. A property that is `undefined` differs from one that is
 * missing, `0` equals `-0`, `NaN` equals `NaN`, sets and maps ignore order, and a plain object equals one without a prototype.
 */

/** Compares two values of any kind, also with cycles. Throws `TypeError` for weak collections, which cannot be read. */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(a: unknown, b: unknown, seen: Map<unknown, unknown>): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (!sameConstructor(a, b)) return false;
  if (a instanceof WeakMap || a instanceof WeakSet) throw new TypeError("Cannot compare weak collections");
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (a instanceof WeakRef) return compare(a.deref(), (b as WeakRef<WeakKey>).deref(), seen);
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Set || a instanceof Map) return sameEntries(a, b as typeof a, seen);
  if (ArrayBuffer.isView(a) || a instanceof ArrayBuffer) return sameBytes(a, b as typeof a);
  return sameProperties(a, b, seen);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function sameConstructor(a: object, b: object): boolean {
  return a.constructor === b.constructor ||
    a.constructor === Object && !b.constructor ||
    !a.constructor && b.constructor === Object;
}

function sameEntries(
  a: Set<unknown> | Map<unknown, unknown>,
  b: Set<unknown> | Map<unknown, unknown>,
  seen: Map<unknown, unknown>,
): boolean {
  if (a.size !== b.size) return false;
  // Each entry of one side may match only one entry of the other.
  const left = new Set(b.entries());
  for (const entry of a.entries()) {
    // A failed comparison must not add to the pairs that are assumed equal, so it gets a copy of them.
    const match = left.values().find((candidate) => compare(entry, candidate, new Map(seen)));
    if (!match) return false;
    left.delete(match);
  }
  return true;
}

function sameBytes(a: ArrayBufferView | ArrayBuffer, b: ArrayBufferView | ArrayBuffer): boolean {
  const [left, right] = [bytesOf(a), bytesOf(b)];
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function bytesOf(source: ArrayBufferView | ArrayBuffer): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

function sameProperties(a: object, b: object, seen: Map<unknown, unknown>): boolean {
  const keys = ownKeys(a);
  if (keys.length !== ownKeys(b).length) return false;
  // Message and cause of an error are properties that are not enumerable.
  if (a instanceof Error && b instanceof Error) {
    if (a.name !== b.name || a.message !== b.message || !compare(a.cause, b.cause, seen)) return false;
  }
  return keys.every((key) => Object.hasOwn(b, key) && compare(Reflect.get(a, key), Reflect.get(b, key), seen));
}

function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}
