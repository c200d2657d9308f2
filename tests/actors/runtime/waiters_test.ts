import { assertEquals } from "@std/assert";
import { Waiters } from "../../../actors/runtime/waiters.ts";
import { FakeClock } from "../../fake_clock.ts";

Deno.test("all waits with a key are resolved once, others are not", async () => {
  const waiters = new Waiters<number>(new FakeClock());
  const waits = [waiters.wait("a", 1000), waiters.wait("a", 2000)];
  const other = waiters.wait("b", 1000);
  waiters.resolve("a", 1);
  waiters.resolve("a", 2);
  assertEquals(await Promise.all(waits), [1, 1]);
  waiters.resolve("b", 3);
  assertEquals(await other, 3);
});

Deno.test("a wait ends with undefined after its time, at once for 0 ms, and at endAll", async () => {
  const clock = new FakeClock();
  const waiters = new Waiters<number>(clock);
  assertEquals(await waiters.wait("a", 0), undefined);
  const [short, long] = [waiters.wait("a", 1000), waiters.wait("a", 2000)];
  await clock.advance(1000);
  assertEquals(await short, undefined);
  waiters.resolve("a", 1);
  assertEquals(await long, 1);
  const last = waiters.wait("a", 1000);
  waiters.endAll();
  assertEquals(await last, undefined);
});
