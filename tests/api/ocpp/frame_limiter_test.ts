import { assertEquals } from "@std/assert";
import { BYTES_PER_TOKEN, FrameLimiter, FRAMES_THAT_MAY_WAIT } from "../../../api/ocpp/frame_limiter.ts";
import { FakeClock } from "../../fake_clock.ts";

/** A limiter of 10 frames at once and 2 a second, and a record of its callbacks. */
function limiter() {
  const clock = new FakeClock();
  const seen: string[] = [];
  const done = (what: string) => () => void seen.push(what);
  const rate = { perSecond: 2, burst: 10 };
  const deliver = (text: string) => void seen.push(text);
  const limits = { clock, rate, deliver, pause: done("pause"), resume: done("resume"), overflow: done("overflow") };
  const made = new FrameLimiter(limits);
  return {
    clock,
    seen,
    limiter: made,
    frames: (count: number, text = "f") => {
      for (let at = 0; at < count; at++) made.frame(text);
    },
  };
}

Deno.test("frames above the burst wait with the socket unread, and none is lost", async () => {
  const { clock, seen, frames } = limiter();
  frames(12);
  assertEquals(seen, [...Array(10).fill("f"), "pause"]);
  await clock.advance(500);
  assertEquals(seen.slice(11), ["f"]);
  await clock.advance(500);
  assertEquals(seen.slice(11), ["f", "f", "resume"]);
  assertEquals(clock.pending, 0);
});

Deno.test("frames keep their order while some of them wait", async () => {
  const { clock, seen, frames, limiter: made } = limiter();
  frames(10);
  for (const text of ["a", "b", "c"]) made.frame(text);
  await clock.advance(5000);
  assertEquals(seen.slice(10), ["pause", "a", "b", "c", "resume"]);
});

Deno.test("a large frame costs as much as many small ones, and never more than a full bucket", async () => {
  const { clock, seen, frames } = limiter();
  frames(1, "x".repeat(BYTES_PER_TOKEN * 1000));
  assertEquals(seen.length, 1);
  frames(1);
  assertEquals(seen.slice(1), ["pause"]);
  await clock.advance(500);
  assertEquals(seen.slice(1), ["pause", "f", "resume"]);
});

Deno.test("pings count, too", async () => {
  const { clock, seen, frames, limiter: made } = limiter();
  for (let at = 0; at < 11; at++) made.ping();
  frames(1);
  assertEquals([seen, made.paused], [["pause"], true]);
  await clock.advance(1000);
  assertEquals([seen, made.paused], [["pause", "f", "resume"], false]);
});

Deno.test("above the limit of waiting frames there is an overflow, and later frames are ignored", async () => {
  const { clock, seen, frames } = limiter();
  frames(10 + FRAMES_THAT_MAY_WAIT);
  assertEquals(seen.slice(10), ["pause"]);
  frames(2);
  assertEquals(seen.slice(10), ["pause", "overflow"]);
  await clock.advance(10_000);
  assertEquals([seen.length, clock.pending], [12, 0]);
});

Deno.test("a closed limiter delivers nothing", async () => {
  const { clock, seen, frames, limiter: made } = limiter();
  frames(20);
  made.close();
  await clock.advance(60_000);
  assertEquals([seen.length, clock.pending], [11, 0]);
});
