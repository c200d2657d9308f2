import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Draft } from "../../ocpp/draft.ts";

Deno.test("settle reports a change once", () => {
  const draft = new Draft({ a: 1, list: [1, 2, 3] });
  assertEquals(draft.settle(), false);
  draft.set(["a"], 2);
  assertEquals([draft.settle(), draft.settle()], [true, false]);
  draft.remove(["a"]);
  assertEquals([draft.settle(), draft.settle()], [true, false]);
  draft.remove(["list", 1]);
  assertEquals([draft.settle(), draft.settle()], [true, false]);
  assertEquals(draft.value, { list: [1, 3] });
});

Deno.test("removed list entries keep their index until settle, so that later paths stay valid", () => {
  const draft = new Draft({ list: ["a", "b", "c", "d"] });
  draft.remove(["list", 0]);
  draft.remove(["list", 2]);
  draft.set(["list", 3], "D");
  assertEquals(draft.value, { list: ["a", "b", "c", "D"] });
  draft.settle();
  assertEquals(draft.value, { list: ["b", "D"] });
});

Deno.test("the original is not changed; each container on the path is copied once, and the others are shared", () => {
  const original = { changed: { list: [{ a: 1 }, { b: 2 }] }, other: { c: 3 } };
  const before = structuredClone(original);
  const draft = new Draft(original);
  draft.set(["changed", "list", 0, "a"], 9);
  const first = draft.value as typeof original;
  draft.remove(["changed", "list", 1, "b"]);
  draft.settle();
  const second = draft.value as typeof original;
  assertEquals(original, before);
  assertEquals(second, { changed: { list: [{ a: 9 }, {}] }, other: { c: 3 } } as unknown as typeof original);
  assertStrictEquals(second, first);
  assertStrictEquals(second.changed.list, first.changed.list);
  assertStrictEquals(second.other, original.other);
  assert(second.changed !== original.changed);
});
