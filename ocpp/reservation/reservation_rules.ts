/**
 * How the end of ReserveNow or CancelReservation changes a reservation. The reservation is in the charge point. If a command ends without an
 * answer, the state stays and is in doubt until a later message decides it. The statements in db/reservation/ record the changes;
 * tests/db/reservation/reservation_model.ts is their model, and a property test compares the two.
 */
import { type CommandEnd, NEVER_SENT } from "../command_end.ts";

/** Requested, then active, then one of the others, which is final. Only a transaction that used the reservation changes it to used. */
export const RESERVATION_STATES = ["requested", "active", "used", "expired", "cancelled", "refused"] as const;

/** One of the states above. */
export type ReservationState = (typeof RESERVATION_STATES)[number];

/** The command ended without an answer; `doubt` is how it ended. */
interface Doubt {
  readonly kind: "doubt";
  readonly doubt: string;
}

/** How the end of a ReserveNow changes its reservation. */
export type ReserveVerdict =
  | { readonly kind: "active" }
  | { readonly kind: "refused" | "cancelled"; readonly reason: string }
  | Doubt;

/** How the end of a CancelReservation changes its reservation. `unchanged`: the charge point refused it, or the CALL was not sent. */
export type CancelVerdict =
  | { readonly kind: "cancelled"; readonly reason: string | null }
  | Doubt
  | { readonly kind: "unchanged" };

/** The reason of a cancelled reservation that the charge point did not have. */
const NOT_THERE = "NotThere";

/** Derives the change from the end of a ReserveNow (OCPP 1.6 5.13, 7.38). */
export function verdictOfReserveNow({ kind, answer }: CommandEnd): ReserveVerdict {
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

/** Derives the change from the end of a CancelReservation. Rejected: the charge point has no such reservation, so it is cancelled (OCPP 1.6 5.1). */
export function verdictOfCancelReservation({ kind, answer, confirmation }: CommandEnd): CancelVerdict {
  if (kind === "applied") return { kind: "cancelled", reason: null };
  if (confirmation) return { kind: "cancelled", reason: NOT_THERE };
  return kind === "doubtful" ? { kind: "doubt", doubt: answer } : { kind: "unchanged" };
}

/** The statuses that end the reservation of a connector; on connector 0 they end all reservations of the charge point (OCPP 1.6 5.13). */
export const ENDING_STATUSES = ["Faulted", "Unavailable"] as const;
