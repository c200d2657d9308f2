import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type Actor,
  ActorSystem,
  AskTimeout,
  type Context,
  type Ref,
  type Reply,
  type StopReason,
} from "../../../actors/runtime/actor.ts";
import type { Log } from "../../../actors/runtime/log.ts";
import { FakeClock } from "../../fake_clock.ts";

const lines: string[] = [];
const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: (line) => void lines.push(line) };

function newSystem() {
  lines.length = 0;
  const clock = new FakeClock();
  return { clock, system: new ActorSystem(clock, log) };
}

Deno.test("mail is taken one at a time and in order, also when receive awaits", async () => {
  const { system } = newSystem();
  const trace: string[] = [];
  const ref = system.spawn<number>("counter", () => ({
    async receive(mail) {
      trace.push(`in ${mail}`);
      await Promise.resolve();
      trace.push(`out ${mail}`);
    },
  }));
  for (const mail of [1, 2, 3]) assert(ref.tell(mail));
  assertEquals(trace, [], "tell returns before the mail is received");
  await system.quiet();
  assertEquals(trace, ["in 1", "out 1", "in 2", "out 2", "in 3", "out 3"]);
});

Deno.test("a full mailbox refuses mail, but not timers", async () => {
  const { system, clock } = newSystem();
  const seen: string[] = [];
  let context!: Context<string>;
  const ref = system.spawn<string>("small", (given) => {
    context = given;
    return { receive: (mail) => void seen.push(mail) };
  }, { mailboxLimit: 2 });
  context.after(10, "timer");
  assertEquals([ref.tell("a"), ref.tell("b"), ref.tell("c")], [true, true, false]);
  await clock.advance(10);
  await system.quiet();
  assertEquals(seen, ["a", "b", "timer"]);
});

Deno.test("ask resolves with the reply and times out without one", async () => {
  const { system, clock } = newSystem();
  type Mail = { reply: Reply<string>; answer: boolean };
  const ref = system.spawn<Mail>(
    "oracle",
    () => ({ receive: ({ reply, answer }) => answer ? reply("42") : undefined }),
  );
  assertEquals(await ref.ask((reply) => ({ reply, answer: true }), 100), "42");
  assertEquals(clock.pending, 0, "the timer of an answered ask is cancelled");
  const silent = assertRejects(() => ref.ask((reply) => ({ reply, answer: false }), 100), AskTimeout);
  await clock.advance(100, () => system.quiet());
  await silent;
});

Deno.test("the result of piped work arrives as mail, and other mail is received meanwhile", async () => {
  const { system } = newSystem();
  const seen: string[] = [];
  const work = Promise.withResolvers<string>();
  const ref = system.spawn<string>("piper", (context) => ({
    receive(mail) {
      seen.push(mail);
      if (mail === "start") context.pipe(work.promise, (value) => `done ${value}`, () => "failed");
    },
  }));
  ref.tell("start");
  ref.tell("meanwhile");
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(seen, ["start", "meanwhile"]);
  work.resolve("well");
  await system.quiet();
  assertEquals(seen, ["start", "meanwhile", "done well"]);
});

Deno.test("a temporary actor ends when its work fails; its waiting mail and timers are dropped", async () => {
  const { system, clock } = newSystem();
  const reasons: StopReason[] = [];
  const seen: string[] = [];
  const ref = system.spawn<string>("fragile", (context) => {
    context.after(50, "timer");
    return {
      receive(mail) {
        if (mail === "poison") throw new Error("poison");
        seen.push(mail);
      },
      stopped: (reason) => void reasons.push(reason),
    };
  });
  ref.tell("poison");
  ref.tell("after");
  await system.quiet();
  await clock.advance(100, () => system.quiet());
  assertEquals({ seen, reasons, pending: clock.pending }, { seen: [], reasons: ["failed"], pending: 0 });
  assertEquals(ref.tell("more"), false);
  assertEquals(lines, ["fragile failed and is stopped"]);
});

Deno.test("a permanent actor is restarted with its mailbox, until it fails too often within a minute", async () => {
  const { system, clock } = newSystem();
  let starts = 0;
  const seen: string[] = [];
  const reasons: StopReason[] = [];
  const ref = system.spawn<string>("shared", () => {
    starts++;
    return {
      receive(mail) {
        if (mail === "poison") throw new Error("poison");
        seen.push(mail);
      },
      stopped: (reason) => void reasons.push(reason),
    };
  }, { restartsPerMinute: 2 });
  for (const mail of ["poison", "a", "poison", "b"]) ref.tell(mail);
  await system.quiet();
  assertEquals({ starts, seen }, { starts: 3, seen: ["a", "b"] });
  await clock.advance(61_000, () => system.quiet());
  for (const mail of ["poison", "c"]) ref.tell(mail);
  await system.quiet();
  assertEquals(
    { starts, seen },
    { starts: 4, seen: ["a", "b", "c"] },
    "failures of more than a minute ago are forgiven",
  );
  for (const mail of ["poison", "poison", "d"]) ref.tell(mail);
  await system.quiet();
  assertEquals({ starts, seen, reasons }, { starts: 5, seen: ["a", "b", "c"], reasons: ["failed"] });
});

Deno.test("a restart that fails counts as a failure, and is followed by another restart", async () => {
  const { system, clock } = newSystem();
  let starts = 0;
  const seen: string[] = [];
  const ref = system.spawn<string>("shared", (context) => {
    starts++;
    context.after(10, `timer of start ${starts}`);
    if (starts === 2) throw new Error("the database does not answer");
    return {
      receive(mail) {
        if (mail === "poison") throw new Error("poison");
        seen.push(mail);
      },
    };
  }, { restartsPerMinute: 2 });
  for (const mail of ["poison", "a"]) ref.tell(mail);
  await system.quiet();
  await clock.advance(10, () => system.quiet());
  assertEquals({ starts, seen }, { starts: 3, seen: ["a", "timer of start 3"] });
  assertEquals(lines, ["shared failed and is restarted", "shared failed and is restarted"]);
  assertEquals(system.givenUp, []);
});

Deno.test("an actor that cannot be restarted is given up: it refuses mail, is reported, and the shutdown ends", async () => {
  const { system } = newSystem();
  let starts = 0;
  const reasons: StopReason[] = [];
  const ref = system.spawn<string>("shared", () => {
    if (++starts > 1) throw new Error("cannot be restarted");
    return { receive: () => Promise.reject(new Error("poison")), stopped: (reason) => void reasons.push(reason) };
  }, { restartsPerMinute: 3 });
  ref.tell("poison");
  await system.quiet();
  assertEquals({ starts, reasons, givenUp: system.givenUp }, { starts: 4, reasons: ["failed"], givenUp: ["shared"] });
  assertEquals(ref.tell("more"), false);
  assertEquals(await system.whenGivenUp, "shared");
  await system.shutdown();
});

Deno.test("only a permanent, unsupervised actor that was not stopped counts as given up", async () => {
  const { system } = newSystem();
  const poisoned = () => ({ receive: () => Promise.reject(new Error("poison")) });
  system.spawn<string>("temporary", poisoned).tell("poison");
  system.spawn<string>("supervised", poisoned, { restartsPerMinute: 0, isSupervised: true }).tell("poison");
  const stopped = system.spawn<string>("stopped", poisoned, { restartsPerMinute: 0 });
  stopped.tell("poison");
  await Promise.resolve();
  await Promise.all([stopped.stop(), system.quiet()]);
  assertEquals([system.givenUp, lines.length], [[], 3]);
});

Deno.test("an actor whose first start fails leaves no timers and subscriptions", () => {
  const { system, clock } = newSystem();
  assertThrows(() =>
    system.spawn<string>("stillborn", (context) => {
      context.after(10, "timer");
      throw new Error("wrong settings");
    }), "wrong settings");
  assertEquals(clock.pending, 0);
});

Deno.test("at the shutdown a draining actor receives its waiting mail; after stop it does not", async () => {
  const ends = [(system: ActorSystem) => system.shutdown(), (_: ActorSystem, ref: Ref<string>) => ref.stop()];
  const seen = await Promise.all([true, false].flatMap((drains) =>
    ends.map(async (end) => {
      const { system } = newSystem();
      const taken: string[] = [];
      const ref = system.spawn<string>("any", () => ({
        receive: (mail) => void taken.push(mail),
        stopped: (reason) => void taken.push(reason),
      }), { drains });
      for (const mail of ["a", "b"]) ref.tell(mail);
      await end(system, ref);
      return taken;
    })
  ));
  assertEquals(seen, [["a", "b", "shutdown"], ["asked"], ["shutdown"], ["asked"]]);
});

Deno.test("the shutdown ends the newest actor first and waits for the mail that is being received", async () => {
  const { system } = newSystem();
  const trace: string[] = [];
  const blocked = Promise.withResolvers<void>();
  const actor = (name: string): Actor<string> => ({
    async receive() {
      trace.push(`${name} works`);
      await blocked.promise;
    },
    stopped: (reason) => void trace.push(`${name} ${reason}`),
  });
  for (const name of ["store", "shared", "charge point"]) system.spawn<string>(name, () => actor(name)).tell("work");
  await Promise.resolve();
  const down = system.shutdown();
  blocked.resolve();
  await down;
  assertEquals(trace.slice(0, 3).sort(), ["charge point works", "shared works", "store works"]);
  assertEquals(trace.slice(3), ["charge point shutdown", "shared shutdown", "store shutdown"]);
});
