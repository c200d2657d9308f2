import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline, delay, retry, RetryError } from "@std/async";

Deno.test("deadline returns the result or the error of the promise", async () => {
  assertEquals(await deadline(Promise.resolve(1), 60_000), 1);
  await assertRejects(() => deadline(Promise.reject(new RangeError("no")), 60_000), RangeError, "no");
});

Deno.test("deadline rejects with TimeoutError, or with the reason of its signal", async () => {
  const never = new Promise<never>(() => {});
  assertEquals((await assertRejects(() => deadline(never, 1), DOMException)).name, "TimeoutError");
  const controller = new AbortController();
  const waiting = deadline(never, 60_000, { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  assertStrictEquals(await assertRejects(() => deadline(never, 60_000, { signal: controller.signal })), reason);
});

Deno.test("delay ends early with the reason of its signal", async () => {
  await delay(0);
  const controller = new AbortController();
  const waiting = delay(60_000, { signal: controller.signal });
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
});

Deno.test("retry calls until it succeeds, at most maxAttempts times", async () => {
  let calls = 0;
  const third = () => {
    if (++calls < 3) throw new Error(`attempt ${calls}`);
    return calls;
  };
  assertEquals(await retry(third, { minTimeout: 1 }), 3);
  const always = () => Promise.reject(new Error("down"));
  const error = await assertRejects(() => retry(always, { maxAttempts: 2, minTimeout: 1 }), RetryError);
  assertEquals((error.cause as Error).message, "down");
});
