/**
 * What the ends of ReserveNow and CancelReservation say of a reservation. The charge point holds the reservation, we only know of it: an end
 * that says nothing leaves the state and raises a doubt, until evidence comes. The statements in db/reservation/ write it down;
 * tests/db/reservation/reservation_model.ts is their model, and a property test compares the two.
 */
import { type CommandEnd, NEVER_SENT } from "../command_end.ts";

/** Requested, then active, then one of the others for good, unless a transaction proves it to have been used. */
export const RESERVATION_STATES = ["requested", "active", "used", "expired", "cancelled", "refused"] as const;

/** One of the words above. */
export type ReservationState = (typeof RESERVATION_STATES)[number];

/** The command ended without telling anything; `doubt` names how. */
interface Doubt {
  readonly kind: "doubt";
  readonly doubt: string;
}

/** What the end of a ReserveNow says of its reservation. */
export type ReserveVerdict =
  | { readonly kind: "active" }
  | { readonly kind: "refused" | "cancelled"; readonly reason: string }
  | Doubt;

/** What the end of a CancelReservation says. `unchanged`: the charge point has told that it did nothing, or never saw the CALL. */
export type CancelVerdict =
  | { readonly kind: "cancelled"; readonly reason: string | null }
  | Doubt
  | { readonly kind: "unchanged" };

/** The reason of one that the charge point did not have when it was to cancel it. */
const NOT_THERE = "NotThere";

/** OCPP 1.6 5.13, 7.38. */
export function reserveNowMeans({ kind, answer }: CommandEnd): ReserveVerdict {
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
export function cancelReservationMeans({ kind, answer, confirmation }: CommandEnd): CancelVerdict {
  if (kind === "applied") return { kind: "cancelled", reason: null };
  if (confirmation) return { kind: "cancelled", reason: NOT_THERE };
  return kind === "doubtful" ? { kind: "doubt", doubt: answer } : { kind: "unchanged" };
}

/** Statuses that end a reservation of the connector, or of every connector when the whole charge point has them (OCPP 1.6 5.13). */
export const ENDING_STATUSES = ["Faulted", "Unavailable"] as const;
