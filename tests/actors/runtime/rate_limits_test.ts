import { assertEquals } from "@std/assert";
import { Counts } from "../../../actors/runtime/counts.ts";
import { PasswordThrottle, WRONG_PASSWORDS } from "../../../actors/charge_point/credentials.ts";
import { watchLoop } from "../../../actors/runtime/event_loop_monitor.ts";
import { Bucket, Buckets } from "../../../actors/runtime/rate_limits.ts";
import { FakeClock } from "../../fake_clock.ts";

Deno.test("a bucket allows its burst at once, then its rate", () => {
  const bucket = new Bucket({ perSecond: 2, burst: 3 }, 0);
  assertEquals([1, 2, 3, 4].map(() => bucket.take(0)), [true, true, true, false]);
  assertEquals([bucket.waitMs(0), bucket.waitMs(0, 3)], [500, 1500]);
  assertEquals([bucket.take(499), bucket.take(500), bucket.take(500)], [false, true, false]);
  assertEquals([bucket.isFull(1500), bucket.isFull(2000)], [false, true]);
  assertEquals([bucket.take(9000, 4), bucket.take(9000, 3)], [false, true]);
});

Deno.test("the number of keys is limited; the least recently used key is removed first", () => {
  const buckets = new Buckets({ perSecond: 1, burst: 1 }, 3);
  for (const key of ["a", "b", "c", "a", "d"]) buckets.take(key, 0);
  assertEquals(buckets.size, 3);
  assertEquals(["a", "b", "c", "d"].map((key) => buckets.isUsed(key, 0)), [true, false, true, true]);
});

Deno.test("a client with too many wrong passwords must wait, and can try again afterwards", async () => {
  const clock = new FakeClock();
  const throttle = new PasswordThrottle(clock);
  const client = { identity: "CP1", remoteAddress: "10.0.0.9" };
  for (let at = 0; at < WRONG_PASSWORDS.burst; at++) assertEquals(throttle.failed(client), 0);
  assertEquals(throttle.failed(client), 5);
  assertEquals(throttle.waitSeconds(client, null), 5);
  assertEquals(throttle.waitSeconds({ ...client, identity: "CP2" }, null), 5, "the address has to wait, too");
  await clock.advance(5000);
  assertEquals(throttle.waitSeconds(client, null), 0);
});

Deno.test("an identity with wrong passwords from many addresses is not locked out", () => {
  const throttle = new PasswordThrottle(new FakeClock());
  const from = (at: number) => ({ identity: "CP1", remoteAddress: `10.0.0.${at}` });
  for (let at = 0; at < 50; at++) throttle.failed(from(at));
  assertEquals(throttle.waitSeconds(from(0), null), 5, "an address that has failed must wait");
  assertEquals(throttle.waitSeconds(from(0), "10.0.0.0"), 0, "but not at the charge point's own address");
  assertEquals(throttle.waitSeconds(from(99), null), 0, "nor at one that has not failed");
  assertEquals(
    throttle.waitSeconds({ identity: "CP2", remoteAddress: "10.0.0.0" }, null),
    0,
    "others are not concerned",
  );
});

Deno.test("a stall of the process is counted and logged when it is over", async () => {
  const lines: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (line: string) => void lines.push(line) };
  const clock = new FakeClock();
  let heldUpMs = 0;
  const watch = watchLoop(
    { ...hands(clock), monotonicMs: () => clock.monotonicMs() + heldUpMs },
    log,
    new Counts().lateness,
  );
  await clock.advance(2000);
  assertEquals([watch.stalls, lines.length], [0, 0]);
  heldUpMs = 700;
  await clock.advance(2000);
  assertEquals([watch.stalls, watch.longestMs, lines.length], [1, 700, 1]);
  watch.close();
  assertEquals(clock.pending, 0);
});

function hands(clock: FakeClock) {
  return { now: () => clock.now(), after: (ms: number, run: () => void) => clock.after(ms, run) };
}
