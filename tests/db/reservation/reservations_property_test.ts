/** Whatever is learned of a reservation in whatever order: the statements agree with the model. */
import { assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import type { CancelVerdict, ReserveVerdict } from "../../../ocpp/reservation/reservation_rules.ts";
import { openTestStore } from "../../database.ts";
import { at } from "../facts.ts";
import { EXPIRY, Life } from "./life.ts";
import { after, type Known, type Learned, UNKNOWN } from "./reservation_model.ts";

const store = await openTestStore();
Deno.test.afterAll(() => store.close());

const verdict = fc.constantFrom<ReserveVerdict>(
  { kind: "active" },
  { kind: "refused", reason: "Occupied" },
  { kind: "cancelled", reason: "NeverSent" },
  { kind: "doubt", doubt: "timedOut" },
);
const cancelVerdict = fc.constantFrom<CancelVerdict>(
  { kind: "cancelled", reason: null },
  { kind: "cancelled", reason: "NotThere" },
  { kind: "doubt", doubt: "connectionLost" },
  { kind: "unchanged" },
);
const learned: fc.Arbitrary<Learned> = fc.oneof(
  fc.constantFrom<Learned>({ kind: "asked" }, { kind: "cancelAsked" }),
  fc.record({ kind: fc.constant("reserveEnded" as const), verdict }),
  fc.record({ kind: fc.constant("cancelEnded" as const), verdict: cancelVerdict }),
  fc.record({
    kind: fc.constant("statusReported" as const),
    status: fc.constantFrom("Reserved", "Faulted", "Unavailable", "Preparing"),
  }),
  fc.constantFrom<Learned>({ kind: "named" }, { kind: "fitted" }, { kind: "timePassed" }),
);

/** Lets the store learn the same. Every fact has its own minute. */
async function learn(life: Life, fact: Learned, minute: number): Promise<void> {
  const now = at(minute);
  const expiryDate = new Date(EXPIRY.getTime() + now.getTime()).toISOString();
  switch (fact.kind) {
    case "asked":
      return void await life.ask({ expiryDate }, now);
    case "reserveEnded":
      return await life.answer(fact.verdict, now);
    case "cancelAsked":
      return void await life.askToCancel(now);
    case "cancelEnded":
      // One that was asked for before the last ReserveNow ends like any other.
      return await store.reservations.cancelEnded(life.cancelling ?? life.reserving, fact.verdict, now);
    case "statusReported":
      // Of the reservation's own connector or of the whole charge point, where that is the same.
      return await life.report(fact.status, now, fact.status === "Faulted" ? 0 : 1);
    case "named":
      return void await life.start({ reservationId: life.reservationId, meterStart: minute }, now);
    case "fitted":
      await life.start({ meterStart: minute }, now);
      return void await store.reservations.matchUnnamedStarts();
    case "timePassed":
      return void await store.reservations.expireDue(new Date(Date.UTC(2199, 0, 1)));
  }
}

/** A doubt that is raised after Reserved was reported is settled at once, which the rules leave to whoever knows the statuses. */
function expected(known: Known, fact: Learned, reservedSinceAsked: boolean): Known {
  const next = after(known, fact);
  const isSettled = fact.kind === "reserveEnded" && fact.verdict.kind === "doubt" && next.state === "requested" &&
    !known.answered && reservedSinceAsked;
  return isSettled ? after(next, { kind: "statusReported", status: "Reserved" }) : next;
}

let lastId = 0;

Deno.test("the store's reservations follow the model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(learned, { minLength: 1, maxLength: 12 }), async (facts) => {
      const life = await new Life(store, ++lastId).begin();
      let known: Known = UNKNOWN;
      let reserved = false;
      await learn(life, { kind: "asked" }, 0);
      for (const [index, fact] of facts.entries()) {
        await learn(life, fact, index + 1);
        known = expected(known, fact, reserved);
        if (fact.kind === "asked") reserved = false;
        if (fact.kind === "statusReported" && fact.status !== "Faulted") reserved = fact.status === "Reserved";
        const { state, reason, doubt } = await life.now();
        assertEquals(
          { state, reason, doubt },
          { state: known.state, reason: known.reason, doubt: known.doubt },
          JSON.stringify(facts.slice(0, index + 1)),
        );
      }
    }),
    { numRuns: 60 },
  );
});
