/** The reservation actor over a real database, with a fake clock. */
import { assertEquals } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { type Signal, Signals } from "../../../actors/runtime/signals.ts";
import { keepReservations } from "../../../actors/reservation/reservation_keeper.ts";
import type { Reservations } from "../../../db/reservation/reservations.ts";
import type { Store } from "../../../db/store.ts";
import { within } from "../../conformance/within.ts";
import { openTestStore } from "../../database.ts";
import { at } from "../../db/records.ts";
import { TestReservation } from "../../db/reservation/test_reservation.ts";
import { FakeClock } from "../../fake_clock.ts";

const MINUTE_MS = 60_000;

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

let lastId = 0;
const life = () => new TestReservation(store, ++lastId).begin();

/** The actor over the store, with functions that pass time. `broken` replaces methods of the reservations. */
function startReservations(clock: FakeClock, broken: Partial<Reservations> = {}) {
  const log = createLog({ level: "error", format: "text", now: () => clock.now() });
  const system = new ActorSystem(clock, log);
  const signals = new Signals(log);
  const seen: Store = { ...store, reservations: { ...store.reservations, ...broken } };
  keepReservations(system, seen, signals);
  const quiet = () => within(system.quiet(), "the reservations to have nothing to do");
  return {
    quiet,
    pass: (ms: number) => clock.advance(ms, quiet),
    publish: (item: Signal) => {
      signals.publish(item);
      return quiet();
    },
    end: () => system.shutdown(),
  };
}

/** A fake clock at this minute of the test data. */
const clockAt = (minutes: number) => new FakeClock(at(minutes).toISOString());

const settled = (one: TestReservation): Signal => ({
  kind: "commandSettled",
  chargePoint: one.chargePoint,
  command: one.reserving,
});

Deno.test("each reservation expires at its expiry date and not before", async () => {
  const clock = clockAt(2);
  const reservations = startReservations(clock);
  const all = await Promise.all([30, 20, 25].map(async (minute) => {
    const one = await (await life()).accepted({ expiryDate: at(minute).toISOString() });
    return { one, minute };
  }));
  await reservations.publish(settled(all[0]!.one));
  for (const { one, minute } of all.toSorted((a, b) => a.minute - b.minute)) {
    await reservations.pass(at(minute).getTime() - clock.now().getTime() - 1);
    assertEquals((await one.now()).state, "active");
    await reservations.pass(1);
    const { state, endedAt } = await one.now();
    assertEquals({ state, endedAt }, { state: "expired", endedAt: at(minute) });
  }
  await reservations.end();
});

Deno.test("reservations that expired before the start of the actor expire at its start", async () => {
  const one = await (await life()).accepted();
  const reservations = startReservations(clockAt(31));
  await reservations.quiet();
  assertEquals((await one.now()).state, "expired");
  await reservations.end();
});

Deno.test("changes of another process are found without signals", async () => {
  const clock = clockAt(2);
  const reservations = startReservations(clock);
  await reservations.quiet();
  const one = await (await life()).accepted({ expiryDate: at(3).toISOString() });
  await reservations.pass(2 * MINUTE_MS);
  assertEquals((await one.now()).state, "expired");
  await reservations.end();
});

Deno.test("a transaction start leads to a check only at a charge point with an active reservation", async () => {
  const clock = clockAt(2);
  let looks = 0;
  const reservations = startReservations(clock, {
    openSummary: () => {
      looks++;
      return store.reservations.openSummary();
    },
  });
  const one = await (await life()).accepted();
  await reservations.publish(settled(one));
  const before = looks;
  const started = (chargePoint: string, transactionId: number): Signal => (
    { kind: "transactionStarted", chargePoint, connectorId: 1, transactionId }
  );
  await reservations.publish(started("OTHER", 1));
  assertEquals(looks, before);
  const { transactionId } = await one.start();
  await reservations.publish(started(one.chargePoint, transactionId));
  const { state, transactionId: usedBy } = await one.now();
  assertEquals({ state, usedBy, looks }, { state: "used", usedBy: transactionId, looks: before + 1 });
  await reservations.end();
});

/** One reservation for each step of a check, with its final state. */
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
const steps = ["listUnsettled", "reserveEnded", "expireDue", "matchUnnamedStarts", "openSummary"] as const;

for (const step of steps) {
  for (const when of ["before", "after"] as const) {
    Deno.test(`after a failure ${when} ${step} the actor restarts and does all its work`, async () => {
      const states = await work();
      let failures = 2;
      const reservations = startReservations(clockAt(6), {
        [step]: async (...args: unknown[]) => {
          const does = () => (store.reservations[step] as (...args: unknown[]) => Promise<unknown>)(...args);
          if (failures-- <= 0) return await does();
          if (when === "after") await does();
          throw new Error("killed");
        },
      });
      await reservations.pass(10_000);
      assertEquals(await states(), DONE);
      await reservations.end();
    });

    Deno.test(`after a process ended ${when} ${step} the next one does the rest`, async () => {
      const states = await work();
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const reservations = startReservations(clockAt(6), {
        [step]: async (...args: unknown[]) => {
          if (when === "after") await (store.reservations[step] as (...args: unknown[]) => Promise<unknown>)(...args);
          end();
          throw new Error("killed");
        },
      });
      await ended;
      await reservations.end();
      const next = startReservations(clockAt(6));
      await next.pass(1);
      assertEquals(await states(), DONE);
      await next.end();
    });
  }
}
