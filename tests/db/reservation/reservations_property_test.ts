/** For any sequence of occurrences, the store's statements agree with the model of a reservation. */
import { assertEquals } from "@std/assert";
import { fc } from "../../packages/fast_check.ts";
import type { CancelVerdict, ReserveVerdict } from "../../../ocpp/reservation/reservation_rules.ts";
import { openTestStore } from "../../database.ts";
import { at } from "../records.ts";
import { EXPIRY, TestReservation } from "./test_reservation.ts";
import { after, type ModelState, type Occurrence, UNKNOWN } from "./reservation_model.ts";

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
const occurrence: fc.Arbitrary<Occurrence> = fc.oneof(
  fc.constantFrom<Occurrence>({ kind: "asked" }, { kind: "cancelAsked" }),
  fc.record({ kind: fc.constant("reserveEnded" as const), verdict }),
  fc.record({ kind: fc.constant("cancelEnded" as const), verdict: cancelVerdict }),
  fc.record({
    kind: fc.constant("statusReported" as const),
    status: fc.constantFrom("Reserved", "Faulted", "Unavailable", "Preparing"),
  }),
  fc.constantFrom<Occurrence>({ kind: "named" }, { kind: "fitted" }, { kind: "timePassed" }),
);

/** Applies an occurrence to the store. Each has its own minute. */
async function apply(reservation: TestReservation, occurrence: Occurrence, minute: number): Promise<void> {
  const now = at(minute);
  const expiryDate = new Date(EXPIRY.getTime() + now.getTime()).toISOString();
  switch (occurrence.kind) {
    case "asked":
      return void await reservation.ask({ expiryDate }, now);
    case "reserveEnded":
      return await reservation.answer(occurrence.verdict, now);
    case "cancelAsked":
      return void await reservation.askToCancel(now);
    case "cancelEnded":
      // One that was asked for before the last ReserveNow ends like any other.
      return await store.reservations.cancelEnded(
        reservation.cancelling ?? reservation.reserving,
        occurrence.verdict,
        now,
      );
    case "statusReported":
      // Of the reservation's own connector or of the whole charge point, where that is the same.
      return await reservation.report(occurrence.status, now, occurrence.status === "Faulted" ? 0 : 1);
    case "named":
      return void await reservation.start({ reservationId: reservation.reservationId, meterStart: minute }, now);
    case "fitted":
      await reservation.start({ meterStart: minute }, now);
      return void await store.reservations.matchUnnamedStarts();
    case "timePassed":
      return void await store.reservations.expireDue(new Date(Date.UTC(2199, 0, 1)));
  }
}

/** The model's state. A doubt after a reported Reserved is settled at once; the model itself does not store statuses. */
function expected(known: ModelState, occurrence: Occurrence, reservedSinceAsked: boolean): ModelState {
  const next = after(known, occurrence);
  const isSettled = occurrence.kind === "reserveEnded" && occurrence.verdict.kind === "doubt" &&
    next.state === "requested" &&
    !known.answered && reservedSinceAsked;
  return isSettled ? after(next, { kind: "statusReported", status: "Reserved" }) : next;
}

let lastId = 0;

Deno.test("the store's reservations follow the model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(occurrence, { minLength: 1, maxLength: 12 }), async (occurrences) => {
      const reservation = await new TestReservation(store, ++lastId).begin();
      let known: ModelState = UNKNOWN;
      let reserved = false;
      await apply(reservation, { kind: "asked" }, 0);
      for (const [index, occurrence] of occurrences.entries()) {
        await apply(reservation, occurrence, index + 1);
        known = expected(known, occurrence, reserved);
        if (occurrence.kind === "asked") reserved = false;
        if (occurrence.kind === "statusReported" && occurrence.status !== "Faulted") {
          reserved = occurrence.status === "Reserved";
        }
        const { state, reason, doubt } = await reservation.now();
        assertEquals(
          { state, reason, doubt },
          { state: known.state, reason: known.reason, doubt: known.doubt },
          JSON.stringify(occurrences.slice(0, index + 1)),
        );
      }
    }),
    { numRuns: 60 },
  );
});
