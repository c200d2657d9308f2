import { assertEquals, assertRejects } from "@std/assert";
import { ActorSystem, type Context } from "../../../actors/runtime/actor.ts";
import type { Log } from "../../../actors/runtime/log.ts";
import { Mailbox } from "../../../actors/runtime/mailbox.ts";
import { FakeClock } from "../../fake_clock.ts";

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A permanent actor that notes its mail with the time and fails at "poison". `onStart` gets its context at each start. */
function noting(onStart: (context: Context<string>) => void, takesMs = 0, mailboxLimit?: number) {
  const clock = new FakeClock();
  const system = new ActorSystem(clock, log);
  const seen: string[] = [];
  const ref = system.spawn<string>("noting", (context) => {
    onStart(context);
    return {
      async receive(mail) {
        if (mail === "poison") await microtasks().then(() => Promise.reject(new Error("poison")));
        if (takesMs > 0) await new Promise<void>((resolve) => clock.after(takesMs, resolve));
        seen.push(`${mail} ${clock.monotonicMs()}`);
      },
    };
  }, { restartsPerMinute: 5, mailboxLimit });
  const taken = () => seen.splice(0);
  return {
    clock,
    system,
    ref,
    taken,
    advance: (ms: number) => clock.advance(ms, takesMs > 0 ? microtasks : system.quiet.bind(system)),
  };
}

/** Runs due timers while the work itself waits for the clock. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** A publisher of signals for tests. */
class Publisher {
  readonly listeners = new Set<(signal: string) => void>();

  listen(listener: (signal: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  publish(...signals: string[]): void {
    for (const signal of signals) for (const listener of this.listeners) listener(signal);
  }
}

Deno.test("mail with a key that already waits is dropped, also in a full mailbox, and accepted again afterwards", async () => {
  const { ref, system, taken } = noting(() => {}, 0, 2);
  assertEquals([ref.tell("a", "site 7"), ref.tell("b", "site 7"), ref.tell("c"), ref.tell("d", "site 7")], [
    true,
    true,
    true,
    true,
  ]);
  assertEquals(ref.tell("e", "site 8"), false);
  await system.quiet();
  assertEquals(taken(), ["a 0", "c 0"]);
  ref.tell("f", "site 7");
  await system.quiet();
  assertEquals(taken(), ["f 0"]);
});

Deno.test("of timers with the same key only the earliest runs, in any order", async () => {
  let context!: Context<string>;
  const { advance, taken } = noting((given) => context = given);
  context.after(50, "first", "look");
  context.after(80, "later", "look");
  const cancel = context.after(20, "sooner", "look");
  context.after(30, "other", "other");
  await advance(100);
  assertEquals(taken(), ["sooner 20", "other 30"]);
  context.after(10, "again", "look");
  cancel();
  await advance(10);
  assertEquals(taken(), ["again 110"], "cancelling a timer that has run does not cancel the next one");
  context.after(10, "prevented", "look")();
  await advance(10);
  assertEquals(taken(), []);
});

Deno.test("repeated mail arrives at its interval after the end of the work, and never piles up", async () => {
  const { clock, advance, taken } = noting((context) => context.every(100, "look", 0), 30);
  await advance(300);
  assertEquals(taken(), ["look 30", "look 160", "look 290"]);
  await clock.leap(5000, microtasks);
  await advance(30);
  assertEquals(taken(), ["look 5330"], "after a suspension of the machine there is only one mail");
});

Deno.test("a restart starts repeated mail, timers and subscriptions again, each once", async () => {
  const publisher = new Publisher();
  let starts = 0;
  const { clock, ref, system, advance, taken } = noting((context) => {
    starts++;
    context.every(100, `look ${starts}`);
    context.after(150, `timer ${starts}`);
    context.subscribe(publisher, (signal) => `${signal} ${starts}`);
  });
  await advance(99);
  ref.tell("poison");
  await clock.advance(1); // the repeated mail waits behind it
  assertEquals(starts, 1);
  await system.quiet();
  assertEquals([starts, publisher.listeners.size, clock.pending], [2, 1, 2]);
  publisher.publish("connected");
  await advance(200);
  assertEquals(taken(), ["connected 2 100", "look 2 200", "timer 2 250", "look 2 300"]);
  await ref.stop();
  assertEquals([publisher.listeners.size, clock.pending], [0, 0]);
});

Deno.test("picked signals arrive as mail, and with a key only once while they wait", async () => {
  const publisher = new Publisher();
  const { system, taken } = noting((context) => {
    context.subscribe(publisher, (signal) => signal.startsWith("site") ? signal : undefined, { key: (mail) => mail });
  });
  publisher.publish("site 7", "charge point 1", "site 7", "site 8", "site 7");
  assertEquals(taken(), [], "nothing is received during publish");
  await system.quiet();
  assertEquals(taken(), ["site 7 0", "site 8 0"]);
});

Deno.test("an ask ends with its actor, and leaves no timer", async () => {
  const clock = new FakeClock();
  const system = new ActorSystem(clock, log);
  const ref = system.spawn<(value: string) => void>("silent", () => ({ receive: () => {} }));
  const refused = assertRejects(() => ref.ask<string>((reply) => reply, 1000), Error, "silent takes no mail");
  await system.quiet();
  await ref.stop();
  await refused;
  assertEquals(clock.pending, 0);
  await assertRejects(() => ref.ask<string>((reply) => reply, 1000), Error, "silent takes no mail");
});

Deno.test("a mailbox keeps the order over thousands of mails that are put and taken alternately", () => {
  const mailbox = new Mailbox<number>();
  const taken: number[] = [];
  for (let n = 0; n < 5000; n++) {
    mailbox.put({ mail: n });
    if (n % 3 === 0) taken.push(mailbox.take()!.mail);
  }
  assertEquals(mailbox.size, 5000 - taken.length);
  for (let letter = mailbox.take(); letter; letter = mailbox.take()) taken.push(letter.mail);
  assertEquals(taken, Array.from({ length: 5000 }, (_, n) => n));
  assertEquals(mailbox.size, 0);
});
