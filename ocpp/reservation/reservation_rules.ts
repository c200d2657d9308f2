/**
 * What becomes of a reservation: one rule for each thing that can be learned of it. The charge point holds the reservation, we only know
 * of it, so an end of a command that says nothing leaves the state and raises a doubt, until evidence comes. Whoever records these
 * facts does it in one conditional update, which has to agree with `after`; a property test compares the two.
 */

import { type CommandEnd, NEVER_SENT } from "../command_end.ts";

/** Requested, then active, then one of the others for good, unless a transaction proves it to have been used. */
export const RESERVATION_STATES = ["requested", "active", "used", "expired", "cancelled", "refused"] as const;

/** One of the words above. */
export type ReservationState = (typeof RESERVATION_STATES)[number];

/**
 * What the end of a command says of its reservation. `doubt` names how it ended without telling anything; `unchanged` means that the
 * charge point has told that it did nothing.
 */
export type Verdict =
  | { readonly kind: "active" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "cancelled"; readonly reason: string | null }
  | { readonly kind: "doubt"; readonly doubt: string }
  | { readonly kind: "unchanged" };

/** The reason of one that the charge point did not have when it was to cancel it. */
const NOT_THERE = "NotThere";

/** OCPP 1.6 5.13, 7.38. */
export function reserveNowMeans({ kind, answer }: CommandEnd): Verdict {
  switch (kind) {
    case "applied":
      return { kind: "active" };
    case "refused":
    case "notSupported":
      return { kind: "refused", reason: answer };
    case "doubtful":
      return { kind: "doubt", doubt: answer };
    case "neverSent":
      return { kind: answer === "cancelled" ? "cancelled" : "refused", reason: NEVER_SENT };
  }
}

/** OCPP 1.6 5.1: Rejected says that the charge point has no such reservation, so that ours is cleared, too. */
export function cancelReservationMeans({ kind, answer, confirmation }: CommandEnd): Verdict {
  if (kind === "applied") return { kind: "cancelled", reason: null };
  if (confirmation) return { kind: "cancelled", reason: NOT_THERE };
  return kind === "doubtful" ? { kind: "doubt", doubt: answer } : { kind: "unchanged" };
}

/** Statuses that end a reservation of the connector, or of every connector when the whole charge point has them (OCPP 1.6 5.13). */
export const ENDING_STATUSES = ["Faulted", "Unavailable"] as const;

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
  | { readonly kind: "reserveEnded"; readonly verdict: Verdict }
  | { readonly kind: "cancelAsked" }
  | { readonly kind: "cancelEnded"; readonly verdict: Verdict }
  | { readonly kind: "statusReported"; readonly status: string }
  /** A transaction names it. */
  | { readonly kind: "named" }
  /** A transaction of the reserving idTag, or of one with the reserved parent, began on the reserved connector and names nothing. */
  | { readonly kind: "fitted" }
  | { readonly kind: "timePassed" };

/** A reservation nobody has asked for yet. */
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

function afterReserve(known: Known, verdict: Verdict, isOpen: boolean): Known {
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
    case "unchanged":
      return answered;
  }
}

function afterCancel(known: Known, verdict: Verdict): Known {
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
