/**
 * The functions of `@std/assert` that the tests use, with the documented names and signatures. `deno.json` links this folder in place of the JSR package,
 * so that the tests run without access to jsr.io. Without the `links` line, the same imports resolve to the original package.
 */
import { AssertionError as NodeAssertionError } from "node:assert";
import { equal } from "./equal.ts";
import { AssertionError, show, suffixed } from "./failure.ts";
import type { AbstractConstructor } from "./throwing.ts";

export { equal } from "./equal.ts";
export { AssertionError } from "./failure.ts";
export { type AbstractConstructor, assertIsError, assertRejects, assertThrows } from "./throwing.ts";

/** The falsy types, to which `assertFalse` narrows. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** An argument of `assertArrayIncludes`: an array, a typed array or another array-like object. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** The difference of two values, line by line. */
function difference(actual: unknown, expected: unknown, operator: string): string {
  return new NodeAssertionError({ actual, expected, operator }).message;
}

/** Expects a truthy value and narrows to it. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Expects a falsy value and narrows to it. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Expects equal structure and values (see `equal`). The failure shows the difference, `actual` with `+`. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `${suffixed("Values are not equal", msg)}\n\n${difference(actual, expected, "deepStrictEqual")}\n`,
  );
}

/** Expects a difference in structure or values. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(suffixed(`Expected actual: ${show(actual)} not to be: ${show(expected)}`, msg));
}

/** Expects the identical value (`Object.is`) and narrows to its type. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const why = equal(actual, expected)
    ? `Values have the same structure but are not reference-equal\n\n${show(actual)}`
    : `Values are not strictly equal\n\n${difference(actual, expected, "strictEqual")}`;
  throw new AssertionError(msg ? `${msg}: ${why}\n` : `${why}\n`);
}

/** Expects a value other than null and undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(suffixed(`Expected actual: "${actual}" to not be null or undefined`, msg));
  }
}

/** Expects an instance of the class or of one that extends it, and narrows to it. */
export function assertInstanceOf<T extends AbstractConstructor<unknown>>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  const found = actual === null || typeof actual !== "object" ? show(actual) : actual.constructor?.name ?? "Object";
  throw new AssertionError(
    suffixed(`Expected object to be an instance of "${expectedType.name}" but was "${found}"`, msg),
  );
}

/** Expects the text to match the regular expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  // A global or sticky expression keeps `lastIndex` between calls, and the assertion must not depend on it.
  if (new RegExp(expected.source, expected.flags.replace(/[gy]/g, "")).test(actual)) return;
  throw new AssertionError(suffixed(`Expected actual: "${actual}" to match: "${expected}"`, msg));
}

/** Expects the text to contain the other text. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(suffixed(`Expected actual: "${actual}" to contain: "${expected}"`, msg));
}

/** Expects every element of `expected` to equal some element of `actual`, in any order. */
export function assertArrayIncludes<T>(actual: ArrayLikeArg<T>, expected: ArrayLikeArg<T>, msg?: string): void {
  const missing = Array.from(expected).filter((wanted) => !Array.from(actual).some((found) => equal(found, wanted)));
  if (missing.length === 0) return;
  throw new AssertionError(
    suffixed(`Expected actual: "${show(actual)}" to include: "${show(expected)}"`, msg) + `\nmissing: ${show(missing)}`,
  );
}

/** Expects every property of `expected` in `actual`, at every depth; `actual` may have more. Array elements are compared by position. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any -- the documented signature: interfaces without an index signature must fit
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  const part = partLike(actual, expected);
  if (equal(part, expected)) return;
  throw new AssertionError(
    `${suffixed("Values are not equal", msg)}\n\n${difference(part, expected, "deepStrictEqual")}\n`,
  );
}

/** The part of `actual` that `expected` describes, so that the difference shows only this part. */
function partLike(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.map((item, at) => at < expected.length ? partLike(item, expected[at]) : item);
  }
  if (actual instanceof Map && expected instanceof Map) {
    return new Map(
      [...expected.keys()].filter((key) => actual.has(key))
        .map((key) => [key, partLike(actual.get(key), expected.get(key))]),
    );
  }
  if (actual instanceof Set && expected instanceof Set) {
    return new Set([...actual].filter((found) => [...expected].some((wanted) => equal(found, wanted))));
  }
  if (!isRecord(actual) || !isRecord(expected)) return actual;
  const part: Record<PropertyKey, unknown> = {};
  for (const key of Reflect.ownKeys(expected)) {
    if (key in actual) part[key] = partLike(actual[key], expected[key]);
  }
  return part;
}

/** True for an object that is compared property by property: not for a Date, an array or a collection. */
function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) &&
    !(value instanceof Date) && !(value instanceof RegExp) && !(value instanceof URL) &&
    !(value instanceof Map) && !(value instanceof Set);
}

function ordered<T>(actual: T, expected: T, holds: boolean, relation: string, msg?: string): void {
  if (!holds) throw new AssertionError(suffixed(`Expect ${show(actual)} ${relation} ${show(expected)}`, msg));
}

/** Expects `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  ordered(actual, expected, actual > expected, ">", msg);
}

/** Expects `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  ordered(actual, expected, actual >= expected, ">=", msg);
}

/** Expects `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  ordered(actual, expected, actual < expected, "<", msg);
}

/** Expects `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  ordered(actual, expected, actual <= expected, "<=", msg);
}

/** Throws an AssertionError. */
export function fail(msg?: string): never {
  throw new AssertionError(suffixed("Failed assertion", msg));
}
