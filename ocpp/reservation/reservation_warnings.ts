/**
 * Warnings for the operator about a requested reservation. ReserveNow is sent in spite of them: the charge point decides (OCPP 1.6 5.13).
 */
import { authorize, type IdTagRecord } from "../core/authorization.ts";
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";

/** The requested reservation. */
export interface RequestedReservation {
  readonly connectorId: number;
  readonly idTag: string;
  readonly expiryDate: Date;
}

/** What is known about the charge point and the idTag at the time of the request. */
export interface ReservationContext {
  readonly now: Date;
  readonly tag: IdTagRecord | undefined;
  /** The last reported status of the connector; undefined: none was reported. */
  readonly status: string | undefined;
  /** The open reservation of the connector; undefined: none. */
  readonly held: { readonly reservationId: number } | undefined;
  /** The last known value of ReserveConnectorZeroSupported; undefined: not known. */
  readonly connectorZeroSupported: string | undefined;
}

/** A warning with a stable slug and a sentence for the operator. */
export interface ReservationWarning {
  readonly slug:
    | "id-tag-may-not-charge"
    | "already-over"
    | "connector-not-free"
    | "already-reserved"
    | "connector-zero";
  readonly detail: string;
}

/** All warnings about a requested reservation. */
export function reservationWarnings(requested: RequestedReservation, known: ReservationContext): ReservationWarning[] {
  const { connectorId, idTag, expiryDate } = requested;
  const warnings: ReservationWarning[] = [];
  const warn = (slug: ReservationWarning["slug"], detail: string) => void warnings.push({ slug, detail });
  // The idTag may expire before the reservation does.
  const at = expiryDate.getTime() > known.now.getTime() ? expiryDate : known.now;
  const { status } = authorize(known.tag, at);
  if (status !== "Accepted") {
    warn("id-tag-may-not-charge", `idTag ${idTag} will be ${status} when the reservation ends`);
  }
  if (expiryDate.getTime() <= known.now.getTime()) {
    warn("already-over", `Its expiryDate ${expiryDate.toISOString()} is in the past`);
  }
  const isFree = known.status === undefined || known.status === "Available" || known.status === "Reserved";
  if (!isFree) warn("connector-not-free", `The last status of connector ${connectorId} is ${known.status}`);
  if (known.held) {
    warn("already-reserved", `Connector ${connectorId} already has reservation ${known.held.reservationId}`);
  }
  const isWhole = connectorId === WHOLE_CHARGE_POINT;
  if (isWhole && known.connectorZeroSupported?.toLowerCase() === "false") {
    warn(
      "connector-zero",
      "The charge point does not support reservations of connector 0 (ReserveConnectorZeroSupported is false)",
    );
  }
  return warnings;
}
