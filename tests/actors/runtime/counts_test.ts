import { assertEquals, assertStringIncludes } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { BUCKETS_SECONDS, Counts } from "../../../actors/runtime/counts.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { FakeClock } from "../../fake_clock.ts";

Deno.test("each metric is in the registry, and a time in the first bucket that is not below it", async () => {
  const counts = new Counts();
  counts.messages.inc({ direction: "in", action: "Heartbeat", outcome: "answered" });
  for (const seconds of [0, 0.001, 0.0015, 5, 5.001]) counts.handling.observe({ action: "Authorize" }, seconds);
  const text = await counts.registry.metrics();
  assertStringIncludes(text, 'chargehand_messages_total{direction="in",action="Heartbeat",outcome="answered"} 1\n');
  const bucket = /^chargehand_call_handling_seconds_bucket\{le="(.*?)",action="Authorize"\} (\d+)$/gm;
  const buckets = new Map([...text.matchAll(bucket)].map(([, le, count]) => [le, Number(count)]));
  assertEquals([...buckets.keys()], [...BUCKETS_SECONDS.map(String), "+Inf"]);
  assertEquals(["0.001", "0.0025", "2.5", "5", "+Inf"].map((le) => buckets.get(le)), [2, 3, 3, 4, 5]);
  assertStringIncludes(text, 'chargehand_call_handling_seconds_sum{action="Authorize"} 10.0035\n');
});

Deno.test("refused mail and failures are counted by actor, without the name of a connection's actor", async () => {
  const clock = new FakeClock();
  const log = createLog({ level: "error", format: "text", now: () => clock.now(), write: () => {} });
  const system = new ActorSystem(clock, log);
  const fail = () => ({
    receive() {
      throw new Error("on purpose");
    },
  });
  const temporary = system.spawn("charge point CP001", fail, { mailboxLimit: 1 });
  const permanent = system.spawn("last seen", fail, { restartsPerMinute: 1 });
  temporary.tell("work");
  assertEquals(temporary.tell("too much"), false);
  permanent.tell("work");
  permanent.tell("work");
  await system.quiet();
  const samples = async (counter: { get(): Promise<{ values: { labels: object; value: number }[] }> }) =>
    (await counter.get()).values.map(({ labels, value }) => [...Object.values(labels), value]);
  assertEquals(await samples(system.counts.mailRefused), [["connection", 1]]);
  assertEquals((await samples(system.counts.failures)).toSorted(), [
    ["connection", "stopped", 1],
    ["last seen", "restarted", 1],
    ["last seen", "stopped", 1],
  ]);
});
