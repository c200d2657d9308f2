import { assert, assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import { allocate, prepare, type Session } from "../../../actors/smart_charging/allocation.ts";
import type { Capacity } from "../../../actors/smart_charging/water_filling.ts";
import { fairShares, PIECE } from "./fair_shares.ts";

const ALL = 0b111;

function session(id: string, given: Partial<Session> = {}): Session {
  return { id, weight: 1, floor: 0, least: 6, most: 32, phases: ALL, since: 0, ...given };
}

function shares(sessions: readonly Session[], capacity: Capacity): number[] {
  return [...allocate(sessions, capacity).granted];
}

Deno.test("equal sessions get equal shares, and the others share what a session cannot use", () => {
  assertEquals(shares([session("a"), session("b")], [40, 40, 40]), [20, 20]);
  assertEquals(shares([session("a", { most: 10 }), session("b")], [40, 40, 40]), [10, 30]);
  assertEquals(allocate([session("a", { most: 10 }), session("b")], [40, 40, 40]).reason, ["most", "share"]);
  assertEquals(shares([session("a"), session("b")], [100, 100, 100]), [32, 32]);
});

Deno.test("a session of twice the weight gets twice as much", () => {
  assertEquals(shares([session("a", { weight: 2 }), session("b")], [30, 30, 30]), [20, 10]);
});

Deno.test("if there is not enough for the minimum of all sessions, the later one is paused", () => {
  const allocation = allocate([session("a", { since: 2 }), session("b", { since: 1 })], [10, 10, 10]);
  assertEquals([...allocation.granted], [0, 10]);
  assertEquals(allocation.reason, ["paused", "share"]);
});

Deno.test("a session with a low weight still gets its minimum", () => {
  const allocation = allocate([session("a", { weight: 10 }), session("b")], [20, 20, 20]);
  assertEquals([...allocation.granted], [14, 6]);
  assertEquals(allocation.reason, ["share", "least"]);
});

Deno.test("every session gets its floor, even when the floors alone exceed the capacity", () => {
  assertEquals(shares([session("a", { floor: 8 }), session("b", { floor: 8 })], [10, 10, 10]), [8, 8]);
});

Deno.test("sessions on different phases do not limit each other", () => {
  const one = [session("a", { phases: 0b001 }), session("b", { phases: 0b010 }), session("c", { phases: 0b001 })];
  assertEquals(shares(one, [20, 20, 20]), [10, 20, 10]);
  // The share of a session on all phases is fixed when the first phase is full; the other shares rise on.
  assertEquals(shares([...one, session("d")], [30, 30, 30]), [10, 20, 10, 10]);
});

Deno.test("prepare gives the same results for many capacities", () => {
  const plan = [[40, 40, 40], [20, 20, 20], [7, 7, 7]].map(prepare([session("a"), session("b")]));
  assertEquals(plan.map(({ granted }) => [...granted]), [[20, 20], [10, 10], [7, 0]]);
});

const tenths = (least: number, most: number) => fc.integer({ min: least * 10, max: most * 10 }).map((n) => n / 10);

const anySessions = fc.array(
  fc.record({
    weight: fc.constantFrom(0.5, 1, 1, 1, 2, 3),
    floor: fc.constantFrom(0, 0, 0, 6, 3),
    least: fc.constantFrom(6, 6, 0, 8),
    most: tenths(0, 40),
    phases: fc.constantFrom(0b111, 0b111, 0b001, 0b010, 0b100),
    since: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 8 },
).map((list) => list.map((fields, i) => ({ id: `s${i}`, ...fields })));

const anyCapacity = fc.array(tenths(0, 120), { minLength: 3, maxLength: 3 });

function used(sessions: readonly Session[], granted: ArrayLike<number>, phase: number): number {
  return sessions.reduce((sum, { phases }, i) => phases & 1 << phase ? sum + granted[i]! : sum, 0);
}

const floors = (sessions: readonly Session[], phase: number) =>
  used(sessions, sessions.map(({ floor }) => floor), phase);

Deno.test("property: the sum never exceeds the limit, unless the floors alone do", () => {
  fc.assert(
    fc.property(anySessions, anyCapacity, (sessions, capacity) => {
      const { granted } = allocate(sessions, capacity);
      capacity.forEach((limit, phase) => {
        assert(used(sessions, granted, phase) <= Math.max(limit, floors(sessions, phase)) + 1e-6);
      });
      sessions.forEach(({ floor, most }, i) => {
        assert(granted[i]! >= floor && granted[i]! <= Math.max(most, floor) + 1e-9);
      });
    }),
    { numRuns: 3000 },
  );
});

Deno.test("property: a session can get more only if one with less per weight gets less", () => {
  fc.assert(
    fc.property(anySessions, anyCapacity, (sessions, capacity) => {
      const { granted, reason } = allocate(sessions, capacity);
      sessions.forEach(({ weight, most, phases }, i) => {
        if (reason[i] === "paused" || granted[i]! >= most - 1e-6) return;
        const mine = granted[i]! / weight;
        const isHeldBack = capacity.some((limit, phase) =>
          phases & 1 << phase && used(sessions, granted, phase) >= limit - 1e-6 &&
          sessions.every((other, j) => {
            const lowest = reason[j] === "paused"
              ? other.floor
              : Math.max(other.floor, Math.min(other.least, other.most));
            return !(other.phases & 1 << phase) || granted[j]! <= lowest + 1e-6 ||
              granted[j]! / other.weight <= mine + 1e-6;
          })
        );
        assert(isHeldBack, `${sessions[i]!.id} could have more`);
      });
    }),
    { numRuns: 3000 },
  );
});

Deno.test("property: the result agrees with an oracle that gives out small pieces", () => {
  fc.assert(
    fc.property(anySessions, anyCapacity, (sessions, capacity) => {
      const expected = fairShares(sessions, capacity);
      const found = shares(sessions, capacity);
      for (const i of sessions.keys()) {
        assert(Math.abs(found[i]! - expected[i]!) < PIECE * 20, `${sessions[i]!.id}: ${found[i]}, not ${expected[i]}`);
      }
    }),
    { numRuns: 400 },
  );
});

Deno.test("property: a higher limit pauses no session, and lowers a share only if it resumes another session", () => {
  fc.assert(
    fc.property(anySessions, tenths(0, 120), tenths(0, 20), (sessions, limit, more) => {
      // On one phase: with several phases, more capacity on one may reduce the fair share of a session on another.
      const alike = sessions.map((one) => ({ ...one, phases: 1 }));
      const before = allocate(alike, [limit]);
      const after = allocate(alike, [limit + more]);
      const paused = (reason: readonly string[]) => reason.filter((why) => why === "paused").length;
      alike.forEach((_, i) => assert(after.reason[i] !== "paused" || before.reason[i] === "paused"));
      if (paused(after.reason) === paused(before.reason)) {
        alike.forEach((_, i) => assert(after.granted[i]! >= before.granted[i]! - 1e-6));
      }
      assert(used(alike, after.granted, 0) >= used(alike, before.granted, 0) - 1e-6);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("property: the result is the same to the last bit for every order of the sessions, and when repeated", () => {
  fc.assert(
    fc.property(
      anySessions.chain((sessions) =>
        fc.tuple(fc.constant(sessions), fc.shuffledSubarray(sessions, { minLength: sessions.length }))
      ),
      anyCapacity,
      ([sessions, shuffled], capacity) => {
        const found = shares(sessions, capacity);
        assertEquals(shares(sessions, capacity), found);
        const other = shares(shuffled, capacity);
        shuffled.forEach(({ id }, i) => assertEquals(other[i], found[sessions.findIndex((one) => one.id === id)]));
      },
    ),
    { numRuns: 1000 },
  );
});
