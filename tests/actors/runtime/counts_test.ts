import { assertEquals } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { Spread, STEPS_SECONDS, Tally } from "../../../actors/runtime/counts.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { FakeClock } from "../../fake_clock.ts";

Deno.test("a tally has a sum for each combination of labels", () => {
  const tally = new Tally("direction", "action");
  tally.add("in", "Heartbeat");
  tally.add("in", "Heartbeat");
  tally.add("out", "Reset");
  assertEquals(tally.list(), [
    { labels: { direction: "in", action: "Heartbeat" }, count: 2 },
    { labels: { direction: "out", action: "Reset" }, count: 1 },
  ]);
});

Deno.test("a tally without labels is one sum", () => {
  const tally = new Tally();
  assertEquals(tally.list(), []);
  tally.add();
  tally.add();
  assertEquals(tally.list(), [{ labels: {}, count: 2 }]);
});

Deno.test("a time is counted in the first step that is not below it, and beyond the last one, too", () => {
  const spread = new Spread("action");
  for (const ms of [0, 1, 1.5, 5000, 5001]) spread.took(ms, "Authorize");
  const [times] = spread.list();
  assertEquals(times?.labels, { action: "Authorize" });
  assertEquals(times?.counts.length, STEPS_SECONDS.length + 1);
  assertEquals([times?.counts[0], times?.counts[1], times?.counts.at(-2), times?.counts.at(-1)], [2, 1, 1, 1]);
  assertEquals(times?.totalSeconds.toFixed(4), "10.0035");
});

Deno.test("refused mail and failures are counted by kind, and a connection's actor stays nameless", async () => {
  const clock = new FakeClock();
  const log = createLog({ level: "error", format: "text", now: () => clock.now(), write: () => {} });
  const system = new ActorSystem(clock, log);
  const fail = () => ({
    receive() {
      throw new Error("on purpose");
    },
  });
  const temporary = system.spawn("charge point CP001", fail, { mailboxLimit: 1 });
  const permanent = system.spawn("sightings", fail, { restartsPerMinute: 1 });
  temporary.tell("work");
  assertEquals(temporary.tell("too much"), false);
  permanent.tell("work");
  permanent.tell("work");
  await system.quiet();
  assertEquals(system.counts.mailRefused.list(), [{ labels: { actor: "connection" }, count: 1 }]);
  assertEquals(
    system.counts.failures.list().map(({ labels: { actor, outcome }, count }) => [actor, outcome, count]).toSorted(),
    [["connection", "stopped", 1], ["sightings", "restarted", 1], ["sightings", "stopped", 1]],
  );
});
