/**
 * What becomes of a reservation: one rule for each thing that can be learned of it. The statements of the store make each change as one
 * conditional update; reservations_property_test.ts compares them with this model.
 */
import {
  type CancelVerdict,
  ENDING_STATUSES,
  type ReservationState,
  type ReserveVerdict,
} from "../../../ocpp/reservation/reservation_rules.ts";

/** What is known of a reservation. */
export interface Known {
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

/** Something that is learned. Statuses are those of its own connector or of the whole charge point. */
export type Learned =
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

/** A reservation that was not asked for yet. */
export const UNKNOWN: Known = { state: "requested", doubt: null, reason: null, answered: false, cancelling: false };

/** What is known after something was learned. Whatever fits no more changes nothing. */
export function after(known: Known, learned: Learned): Known {
  const isOpen = known.state === "requested" || known.state === "active";
  switch (learned.kind) {
    case "asked":
      // The same id again replaces the reservation, but only if the charge point accepts it (OCPP 1.6 5.13).
      return { ...UNKNOWN, state: known.state === "active" ? "active" : "requested" };
    case "reserveEnded":
      return known.answered && (known.doubt === null || known.cancelling)
        ? known
        : afterReserve(known, learned.verdict, isOpen);
    case "cancelAsked":
      return { ...known, cancelling: true };
    case "cancelEnded":
      return isOpen ? afterCancel(known, learned.verdict) : known;
    case "statusReported":
      return afterStatus(known, learned.status);
    case "named":
      return known.state === "used" ? known : ended(known, "used", null);
    case "fitted":
      return known.state === "active" ? ended(known, "used", null) : known;
    case "timePassed":
      return isOpen ? ended(known, "expired", null) : known;
  }
}

function afterReserve(known: Known, verdict: ReserveVerdict, isOpen: boolean): Known {
  const { state } = known;
  const answered = { ...known, answered: true, doubt: null };
  switch (verdict.kind) {
    case "active":
      // One that was cancelled while this ReserveNow was still on its way begins anew with it.
      return isOpen || state === "cancelled" ? { ...answered, state: "active", reason: null } : answered;
    case "refused":
    case "cancelled":
      // A refused replacement leaves what was there.
      return state === "requested" ? { ...answered, state: verdict.kind, reason: verdict.reason } : answered;
    case "doubt":
      return { ...answered, doubt: isOpen ? verdict.doubt : null };
  }
}

function afterCancel(known: Known, verdict: CancelVerdict): Known {
  if (verdict.kind === "cancelled") return ended(known, "cancelled", verdict.reason);
  return verdict.kind === "doubt" ? { ...known, doubt: verdict.doubt } : known;
}

/** Nothing is concluded from a status while the answer to ReserveNow is still to come. Available proves nothing. */
function afterStatus(known: Known, status: string): Known {
  const isDoubtful = known.state === "requested" && known.doubt !== null;
  if (status === "Reserved") return isDoubtful ? { ...known, state: "active", doubt: null } : known;
  const ends = (ENDING_STATUSES as readonly string[]).includes(status);
  return ends && (isDoubtful || known.state === "active") ? ended(known, "cancelled", status) : known;
}

function ended(known: Known, state: ReservationState, reason: string | null): Known {
  return { ...known, state, reason, doubt: null };
}
