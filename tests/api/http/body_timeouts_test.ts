import { assert, assertEquals, assertRejects } from "@std/assert";
import { systemClock } from "../../../actors/runtime/clock.ts";
import { paced } from "../../../api/http/body_timeouts.ts";
import { Problem } from "../../../api/http/problem.ts";
import { FakeClock } from "../../fake_clock.ts";

const MIB = 1024 * 1024;

Deno.test("a long body is passed on without being held in memory", async () => {
  let left = 256;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => left-- > 0 ? controller.enqueue(new Uint8Array(MIB)) : controller.close(),
  }, { highWaterMark: 0 });
  const before = Deno.memoryUsage().external;
  let bytes = 0;
  for await (const part of paced(body, systemClock, 256 * MIB)) bytes += part.length;
  assertEquals(bytes, 256 * MIB);
  const kept = Deno.memoryUsage().external - before;
  assert(kept < 128 * MIB, `${kept} bytes are still there`);
});

Deno.test("a body that arrives too slowly is refused, also while a read waits for it", async () => {
  const clock = new FakeClock();
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(5999)),
    cancel: () => void (isCancelled = true),
  });
  const parts = paced(body, clock, MIB);
  assertEquals((await parts.next()).value?.length, 5999);
  const waits = assertRejects(() => parts.next(), Problem, "Fewer than 6000 bytes arrived in 60 s");
  await clock.advance(60_000);
  await waits;
  assertEquals([isCancelled, clock.pending], [true, 0]);
});
