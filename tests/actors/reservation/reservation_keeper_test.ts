/** The keeper of reservations over a real database, with a clock that belongs to the test. */
import { assertEquals } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { type Signal, Signals } from "../../../actors/runtime/signals.ts";
import { keepReservations } from "../../../actors/reservation/reservation_keeper.ts";
import type { Reservations } from "../../../db/reservation/reservations.ts";
import type { Store } from "../../../db/store.ts";
import { within } from "../../conformance/within.ts";
import { openTestStore } from "../../database.ts";
import { at } from "../../db/facts.ts";
import { Life } from "../../db/reservation/life.ts";
import { FakeClock } from "../../fake_clock.ts";

const MINUTE_MS = 60_000;

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

let lastId = 0;
const life = () => new Life(store, ++lastId).begin();

/** A keeper over the store, and ways to let time pass. `broken` stands in for parts of the reservations. */
function startKeeper(clock: FakeClock, broken: Partial<Reservations> = {}) {
  const log = createLog({ level: "error", format: "text", now: () => clock.now() });
  const system = new ActorSystem(clock, log);
  const signals = new Signals(log);
  const seen: Store = { ...store, reservations: { ...store.reservations, ...broken } };
  keepReservations(system, seen, signals);
  const quiet = () => within(system.quiet(), "the keeper to have nothing to do");
  return {
    quiet,
    pass: (ms: number) => clock.advance(ms, quiet),
    hear: (item: Signal) => {
      signals.publish(item);
      return quiet();
    },
    end: () => system.shutdown(),
  };
}

/** A clock at the moment at which facts begin. */
const clockAt = (minutes: number) => new FakeClock(at(minutes).toISOString());

const settled = (one: Life): Signal => ({
  kind: "commandSettled",
  chargePoint: one.chargePoint,
  command: one.reserving,
});

Deno.test("a reservation expires at its moment and not before, however many there are", async () => {
  const clock = clockAt(2);
  const keeper = startKeeper(clock);
  const lives = await Promise.all([30, 20, 25].map(async (minute) => {
    const one = await (await life()).accepted({ expiryDate: at(minute).toISOString() });
    return { one, minute };
  }));
  await keeper.hear(settled(lives[0]!.one));
  for (const { one, minute } of lives.toSorted((a, b) => a.minute - b.minute)) {
    await keeper.pass(at(minute).getTime() - clock.now().getTime() - 1);
    assertEquals((await one.now()).state, "active");
    await keeper.pass(1);
    const { state, endedAt } = await one.now();
    assertEquals({ state, endedAt }, { state: "expired", endedAt: at(minute) });
  }
  await keeper.end();
});

Deno.test("what expired while nobody was there expires at the birth of the keeper", async () => {
  const one = await (await life()).accepted();
  const keeper = startKeeper(clockAt(31));
  await keeper.quiet();
  assertEquals((await one.now()).state, "expired");
  await keeper.end();
});

Deno.test("what another process did is seen without any signals", async () => {
  const clock = clockAt(2);
  const keeper = startKeeper(clock);
  await keeper.quiet();
  const one = await (await life()).accepted({ expiryDate: at(3).toISOString() });
  await keeper.pass(2 * MINUTE_MS);
  assertEquals((await one.now()).state, "expired");
  await keeper.end();
});

Deno.test("a start is looked at only where there is something active", async () => {
  const clock = clockAt(2);
  let looks = 0;
  const keeper = startKeeper(clock, {
    outlook: () => {
      looks++;
      return store.reservations.outlook();
    },
  });
  const one = await (await life()).accepted();
  await keeper.hear(settled(one));
  const before = looks;
  const started = (chargePoint: string, transactionId: number): Signal => (
    { kind: "transactionStarted", chargePoint, connectorId: 1, transactionId }
  );
  await keeper.hear(started("SOMEBODY", 1));
  assertEquals(looks, before);
  const { transactionId } = await one.start();
  await keeper.hear(started(one.chargePoint, transactionId));
  const { state, transactionId: usedBy } = await one.now();
  assertEquals({ state, usedBy, looks }, { state: "used", usedBy: transactionId, looks: before + 1 });
  await keeper.end();
});

/** One reservation for each thing that a look does, and the states that it leads to. */
async function work() {
  const [unheard, late, due, fitting] = await Promise.all([life(), life(), life(), life()]);
  await unheard.ask();
  await store.commands.settle(unheard.reserving.id, {
    state: "answered",
    confirmation: { status: "Accepted" },
    settledAt: at(1),
  });
  await late.ask();
  await store.commands.settle(late.reserving.id, { state: "timedOut", settledAt: at(1) });
  await late.answer({ kind: "doubt", doubt: "timedOut" });
  await store.commands.noteLateAnswer(late.reserving.id, { error: { code: "NotSupported" } });
  await due.accepted({ expiryDate: at(5).toISOString() });
  await fitting.accepted();
  await fitting.start();
  return async () => await Promise.all([unheard, late, due, fitting].map(async (one) => (await one.now()).state));
}

const DONE = ["active", "refused", "expired", "used"];
const steps = ["listUnheard", "reserveEnded", "expireDue", "useFitting", "outlook"] as const;

for (const step of steps) {
  for (const when of ["before", "after"] as const) {
    Deno.test(`a keeper that fails ${when} ${step} comes back and does all there is to do`, async () => {
      const states = await work();
      let failures = 2;
      const keeper = startKeeper(clockAt(6), {
        [step]: async (...args: unknown[]) => {
          const does = () => (store.reservations[step] as (...args: unknown[]) => Promise<unknown>)(...args);
          if (failures-- <= 0) return await does();
          if (when === "after") await does();
          throw new Error("killed");
        },
      });
      await keeper.pass(10_000);
      assertEquals(await states(), DONE);
      await keeper.end();
    });

    Deno.test(`a process that ends ${when} ${step} leaves nothing undone for the next`, async () => {
      const states = await work();
      const { promise: dead, resolve: die } = Promise.withResolvers<void>();
      const keeper = startKeeper(clockAt(6), {
        [step]: async (...args: unknown[]) => {
          if (when === "after") await (store.reservations[step] as (...args: unknown[]) => Promise<unknown>)(...args);
          die();
          throw new Error("killed");
        },
      });
      await dead;
      await keeper.end();
      const next = startKeeper(clockAt(6));
      await next.pass(1);
      assertEquals(await states(), DONE);
      await next.end();
    });
  }
}
