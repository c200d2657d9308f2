/**
 * A model of a reservation: one rule for each occurrence that can change it. The statements of the store make each change as one
 * conditional update; reservations_property_test.ts compares them with this model.
 */
import {
  type CancelVerdict,
  ENDING_STATUSES,
  type ReservationState,
  type ReserveVerdict,
} from "../../../ocpp/reservation/reservation_rules.ts";

/** The state of a reservation in the model. */
export interface ModelState {
  readonly state: ReservationState;
  /** Why the state may not be what the charge point has; null = it is certain. */
  readonly doubt: string | null;
  /** Why it ended. */
  readonly reason: string | null;
  /** Whether the last ReserveNow has ended. */
  readonly answered: boolean;
  /** Whether a CancelReservation was sent after it. From then on the doubt is about that one. */
  readonly cancelling: boolean;
}

/** An occurrence. Statuses are those of the reservation's connector or of the whole charge point. */
export type Occurrence =
  | { readonly kind: "asked" }
  | { readonly kind: "reserveEnded"; readonly verdict: ReserveVerdict }
  | { readonly kind: "cancelAsked" }
  | { readonly kind: "cancelEnded"; readonly verdict: CancelVerdict }
  | { readonly kind: "statusReported"; readonly status: string }
  /** A transaction names it. */
  | { readonly kind: "named" }
  /** A transaction of the reserving idTag, or of one with the reserved parent, began on the reserved connector and names nothing. */
  | { readonly kind: "fitted" }
  | { readonly kind: "timePassed" };

/** A reservation before its ReserveNow. */
export const UNKNOWN: ModelState = {
  state: "requested",
  doubt: null,
  reason: null,
  answered: false,
  cancelling: false,
};

/** The state after an occurrence. An occurrence that does not apply changes nothing. */
export function after(known: ModelState, occurrence: Occurrence): ModelState {
  const isOpen = known.state === "requested" || known.state === "active";
  switch (occurrence.kind) {
    case "asked":
      // The same id again replaces the reservation, but only if the charge point accepts it (OCPP 1.6 5.13).
      return { ...UNKNOWN, state: known.state === "active" ? "active" : "requested" };
    case "reserveEnded":
      // A doubt is known at the first end only; a late answer replaces it, unless another command was sent since.
      return known.answered && (occurrence.verdict.kind === "doubt" || known.doubt === null || known.cancelling)
        ? known
        : afterReserve(known, occurrence.verdict, isOpen);
    case "cancelAsked":
      return { ...known, cancelling: true };
    case "cancelEnded":
      return isOpen ? afterCancel(known, occurrence.verdict) : known;
    case "statusReported":
      return afterStatus(known, occurrence.status);
    case "named":
      return known.state === "used" ? known : ended(known, "used", null);
    case "fitted":
      return known.state === "active" ? ended(known, "used", null) : known;
    case "timePassed":
      return isOpen ? ended(known, "expired", null) : known;
  }
}

function afterReserve(known: ModelState, verdict: ReserveVerdict, isOpen: boolean): ModelState {
  const { state } = known;
  const answered = { ...known, answered: true, doubt: null };
  switch (verdict.kind) {
    case "active":
      // A reservation that was cancelled before the answer to this ReserveNow becomes active with it.
      return isOpen || state === "cancelled" ? { ...answered, state: "active", reason: null } : answered;
    case "refused":
    case "cancelled":
      // A refused replacement does not change the reservation.
      return state === "requested" ? { ...answered, state: verdict.kind, reason: verdict.reason } : answered;
    case "doubt":
      return { ...answered, doubt: isOpen ? verdict.doubt : null };
  }
}

function afterCancel(known: ModelState, verdict: CancelVerdict): ModelState {
  if (verdict.kind === "cancelled") return ended(known, "cancelled", verdict.reason);
  return verdict.kind === "doubt" ? { ...known, doubt: verdict.doubt } : known;
}

/** A status before the answer to ReserveNow changes nothing, nor does Available. */
function afterStatus(known: ModelState, status: string): ModelState {
  const isDoubtful = known.state === "requested" && known.doubt !== null;
  if (status === "Reserved") return isDoubtful ? { ...known, state: "active", doubt: null } : known;
  const ends = (ENDING_STATUSES as readonly string[]).includes(status);
  return ends && (isDoubtful || known.state === "active") ? ended(known, "cancelled", status) : known;
}

function ended(known: ModelState, state: ReservationState, reason: string | null): ModelState {
  return { ...known, state, reason, doubt: null };
}
