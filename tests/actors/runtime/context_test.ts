import { assertEquals, assertRejects } from "@std/assert";
import { ActorSystem, type Context } from "../../../actors/runtime/actor.ts";
import type { Log } from "../../../actors/runtime/log.ts";
import { Mailbox } from "../../../actors/runtime/mailbox.ts";
import { FakeClock } from "../../fake_clock.ts";

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A permanent actor that notes its mail with the time, fails at "poison", and is given its context by `born` at each birth. */
function noting(born: (context: Context<string>) => void, takesMs = 0, mailboxLimit?: number) {
  const clock = new FakeClock();
  const system = new ActorSystem(clock, log);
  const seen: string[] = [];
  const ref = system.spawn<string>("noting", (context) => {
    born(context);
    return {
      async receive(mail) {
        if (mail === "poison") await turns().then(() => Promise.reject(new Error("poison")));
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
    advance: (ms: number) => clock.advance(ms, takesMs > 0 ? turns : system.quiet.bind(system)),
  };
}

/** Lets what is due run, where the work itself waits for the clock. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Signals that a test tells. */
class Told {
  readonly listeners = new Set<(signal: string) => void>();

  listen(listener: (signal: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  tell(...signals: string[]): void {
    for (const signal of signals) for (const hear of this.listeners) hear(signal);
  }
}

Deno.test("mail whose key already waits is not needed, in a full mailbox too, and is taken again afterwards", async () => {
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

Deno.test("of timers with the same key only the earliest runs, in whatever order they are set", async () => {
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
  assertEquals(taken(), ["again 110"], "the way to prevent a timer that has run does not prevent the next one");
  context.after(10, "prevented", "look")();
  await advance(10);
  assertEquals(taken(), []);
});

Deno.test("repeated mail comes at its pace, counted from the end of the work, and never piles up", async () => {
  const { clock, advance, taken } = noting((context) => context.every(100, "look", 0), 30);
  await advance(300);
  assertEquals(taken(), ["look 30", "look 160", "look 290"]);
  await clock.leap(5000, turns);
  await advance(30);
  assertEquals(taken(), ["look 5330"], "a machine that slept makes up for nothing");
});

Deno.test("a restart begins what repeats, timers and subscriptions anew, each of them once", async () => {
  const told = new Told();
  let births = 0;
  const { clock, ref, system, advance, taken } = noting((context) => {
    births++;
    context.every(100, `look ${births}`);
    context.after(150, `timer ${births}`);
    context.subscribe(told, (signal) => `${signal} ${births}`);
  });
  await advance(99);
  ref.tell("poison");
  await clock.advance(1); // the repeated mail waits behind it
  assertEquals(births, 1);
  await system.quiet();
  assertEquals([births, told.listeners.size, clock.pending], [2, 1, 2]);
  told.tell("connected");
  await advance(200);
  assertEquals(taken(), ["connected 2 100", "look 2 200", "timer 2 250", "look 2 300"]);
  await ref.stop();
  assertEquals([told.listeners.size, clock.pending], [0, 0]);
});

Deno.test("signals come as mail, only those that are picked, and with a key once as long as they wait", async () => {
  const told = new Told();
  const { system, taken } = noting((context) => {
    context.subscribe(told, (signal) => signal.startsWith("site") ? signal : undefined, { key: (mail) => mail });
  });
  told.tell("site 7", "charge point 1", "site 7", "site 8", "site 7");
  assertEquals(taken(), [], "nothing is done where the signal is told");
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

Deno.test("a mailbox keeps the order over thousands of letters, taken while others come", () => {
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
