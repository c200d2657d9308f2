import { assertEquals, assertRejects } from "@std/assert";
import { Cache } from "../../../db/engine/cache.ts";

function cache(maxEntries = 2) {
  let nowMs = 0;
  const loads: string[] = [];
  const entries = new Cache<string>({ maxEntries, ttlMs: 100, monotonicMs: () => nowMs });
  return {
    loads,
    entries,
    pass: (ms: number) => nowMs += ms,
    find: (key: string) =>
      entries.find(key, () => {
        loads.push(key);
        return Promise.resolve(key + loads.length);
      }),
  };
}

Deno.test("a value is loaded once in its time to live", async () => {
  const { find, pass, loads } = cache();
  assertEquals([await find("a"), await find("a")], ["a1", "a1"]);
  pass(99);
  assertEquals(await find("a"), "a1");
  pass(1);
  assertEquals(await find("a"), "a2");
  assertEquals(loads, ["a", "a"]);
});

Deno.test("the least recently used value is dropped first", async () => {
  const { find, loads } = cache();
  for (const key of ["a", "b", "a", "c", "a", "b"]) await find(key);
  assertEquals(loads.join(""), "abcb");
});

Deno.test("a load that began before a change is not used after it", async () => {
  const { entries } = cache();
  const slow = Promise.withResolvers<string>();
  const before = entries.find("a", () => slow.promise);
  entries.forget("a");
  slow.resolve("old");
  assertEquals(await before, "old");
  assertEquals(await entries.find("a", () => Promise.resolve("new")), "new");
});

Deno.test("a failed load is repeated", async () => {
  const { entries } = cache();
  await assertRejects(() => entries.find("a", () => Promise.reject(new Error("no"))));
  assertEquals(await entries.find("a", () => Promise.resolve("yes")), "yes");
});
