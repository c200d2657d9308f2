import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";

const cycle = (): Record<string, unknown> => {
  const loop: Record<string, unknown> = { a: 1 };
  loop.self = loop;
  return loop;
};

const alike: [string, unknown, unknown][] = [
  ["NaN", NaN, NaN],
  ["0 and -0", 0, -0],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["bytes at different offsets", new Uint8Array([0, 1, 2]).subarray(1), new Uint8Array([1, 2])],
  ["maps in another order", new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
  ["sets of objects", new Set([{ a: 1 }, { b: 2 }]), new Set([{ b: 2 }, { a: 1 }])],
  ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["no prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["cycles", cycle(), cycle()],
  ["errors", new TypeError("x"), new TypeError("x")],
  ["addresses", new URL("http://a/b"), new URL("http://a/b")],
  ["symbols as keys", { [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 1 }],
];

const different: [string, unknown, unknown][] = [
  ["undefined and missing", { a: undefined }, {}],
  ["missing and undefined under another key", { a: undefined }, { b: undefined }],
  ["a hole and undefined", Array(1), [undefined]],
  ["dates", new Date(5), new Date(6)],
  ["a date and its text", new Date(5), new Date(5).toISOString()],
  ["bytes", new Uint8Array([1]), new Uint8Array([2])],
  ["bytes of another kind", new Uint8Array([1]), new Uint8ClampedArray([1])],
  ["an array and an object", [], {}],
  ["maps", new Map([["a", 1]]), new Map([["a", 2]])],
  ["one entry for two", new Set([{ a: 1 }, { a: 1 }]), new Set([{ a: 1 }, { b: 1 }])],
  ["classes", new (class A {})(), new (class B {})()],
  ["error messages", new Error("x"), new Error("y")],
  ["expressions", /a/g, /a/i],
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
];

for (const [what, left, right] of alike) {
  Deno.test(`assertEquals accepts as equal: ${what}`, () => {
    assertEquals(left, right);
    assertEquals(right, left);
    assertThrows(() => assertNotEquals(left, right), AssertionError);
  });
}

for (const [what, left, right] of different) {
  Deno.test(`assertEquals refuses as different: ${what}`, () => {
    assertThrows(() => assertEquals(left, right), AssertionError, "Values are not equal");
    assertThrows(() => assertEquals(right, left), AssertionError, "Values are not equal");
    assertNotEquals(left, right);
  });
}

Deno.test("assertEquals shows both values of a different line, and the test's message", () => {
  const error = assertThrows(
    () => assertEquals({ a: 1, list: ["x", "y"] }, { a: 1, list: ["x", "z"] }, "the list"),
    AssertionError,
    "the list",
  );
  assertMatch(error.message, /\+ +'y'/);
  assertMatch(error.message, /- +'z'/);
});

Deno.test("assertObjectMatch compares only the expected properties, at every depth", () => {
  const actual = { a: 1, b: { c: [1, { d: 2, e: 3 }], at: new Date(1) }, more: true };
  assertObjectMatch(actual, { b: { c: [1, { d: 2 }], at: new Date(1) } });
  assertThrows(() => assertObjectMatch(actual, { b: { c: [1, { d: 9 }] } }), AssertionError);
  assertThrows(() => assertObjectMatch(actual, { missing: undefined }), AssertionError);
  assertThrows(() => assertObjectMatch(actual, { b: { c: [1] } }), AssertionError);
});

Deno.test("assertThrows returns the error, and fails for another error and for no error", () => {
  const thrown = new RangeError("above the limit 8");
  const raise = () => {
    throw thrown;
  };
  assertStrictEquals(assertThrows(raise), thrown);
  assertStrictEquals(assertThrows(raise, Error, "limit"), thrown);
  assertThrows(() => assertThrows(raise, TypeError), AssertionError, 'instance of "TypeError"');
  assertThrows(() => assertThrows(raise, RangeError, "stack"), AssertionError, "to include 'stack'");
  assertThrows(() => assertThrows(() => 1), AssertionError, "Expected function to throw");
});

Deno.test("assertRejects returns the reason, and fails for another reason, for no rejection and for a throw", async () => {
  const reason = new RangeError("above the limit 8");
  assertStrictEquals(await assertRejects(() => Promise.reject(reason)), reason);
  assertStrictEquals(await assertRejects(() => Promise.reject(reason), RangeError, "limit"), reason);
  await assertRejects(() => assertRejects(() => Promise.reject(reason), TypeError), AssertionError);
  await assertRejects(() => assertRejects(() => Promise.resolve()), AssertionError, "Expected function to reject");
  const throws = () => {
    throw reason;
  };
  await assertRejects(() => assertRejects(throws), AssertionError, "throws when expected to reject");
});

Deno.test("each other assertion passes for a right value and fails for a wrong one", () => {
  const text: unknown = "text";
  const pairs: [() => void, () => void][] = [
    [() => assert(1), () => assert(0, "note")],
    [() => assertFalse(""), () => assertFalse("a")],
    [() => assertExists(0), () => assertExists(null)],
    [() => assertStrictEquals(text, text), () => assertStrictEquals({}, {})],
    [() => assertInstanceOf([], Array), () => assertInstanceOf({}, Array)],
    [() => assertMatch("abc", /b/g), () => assertMatch("abc", /d/)],
    [() => assertStringIncludes("abc", "bc"), () => assertStringIncludes("abc", "cb")],
    [() => assertArrayIncludes([{ a: 1 }, 2], [{ a: 1 }]), () => assertArrayIncludes([1, 2], [1, 3])],
    [() => assertGreater(2, 1), () => assertGreater(1, 1)],
    [() => assertGreaterOrEqual(1, 1), () => assertGreaterOrEqual(1, 2)],
    [() => assertLess(1, 2), () => assertLess(1, 1)],
    [() => assertLessOrEqual(1, 1), () => assertLessOrEqual(2, 1)],
    [() => {}, () => fail("note")],
  ];
  for (const [holds, fails] of pairs) {
    holds();
    assertThrows(fails, AssertionError);
  }
});
