/**
 * What an operator should know of a reservation that is asked for. Nothing here keeps ReserveNow from being sent: the charge point decides
 * (OCPP 1.6 5.13).
 */
import { authorize, type IdTagFacts } from "../core/authorization.ts";
import { WHOLE_CHARGE_POINT } from "../types/connector_id.ts";

/** What is asked for. */
export interface Wanted {
  readonly connectorId: number;
  readonly idTag: string;
  readonly expiryDate: Date;
}

/** What is known at that moment. */
export interface Circumstances {
  readonly now: Date;
  readonly tag: IdTagFacts | undefined;
  /** The last status of the connector; undefined: it has not reported any. */
  readonly status: string | undefined;
  /** The open reservation of the connector. */
  readonly held: { readonly reservationId: number } | undefined;
  /** The value of ReserveConnectorZeroSupported, if it was ever asked for. */
  readonly connectorZeroSupported: string | undefined;
}

/** One thing to know; the slug is stable. */
export interface ReservationWarning {
  readonly slug:
    | "id-tag-may-not-charge"
    | "already-over"
    | "connector-not-free"
    | "already-reserved"
    | "connector-zero";
  readonly detail: string;
}

/** Everything that is odd about it. */
export function reservationWarnings(wanted: Wanted, known: Circumstances): ReservationWarning[] {
  const { connectorId, idTag, expiryDate } = wanted;
  const warnings: ReservationWarning[] = [];
  const warn = (slug: ReservationWarning["slug"], detail: string) => void warnings.push({ slug, detail });
  // Of those that are over by themselves, the tag may be the one that is over first.
  const at = expiryDate.getTime() > known.now.getTime() ? expiryDate : known.now;
  const { status } = authorize(known.tag, at);
  if (status !== "Accepted") warn("id-tag-may-not-charge", `When the reservation ends, ${idTag} is ${status}`);
  if (expiryDate.getTime() <= known.now.getTime()) {
    warn("already-over", `It ends at ${expiryDate.toISOString()}, which is past`);
  }
  const isFree = known.status === undefined || known.status === "Available" || known.status === "Reserved";
  if (!isFree) warn("connector-not-free", `Connector ${connectorId} is ${known.status}`);
  if (known.held) {
    warn("already-reserved", `Connector ${connectorId} has reservation ${known.held.reservationId}`);
  }
  const isWhole = connectorId === WHOLE_CHARGE_POINT;
  if (isWhole && known.connectorZeroSupported?.toLowerCase() === "false") {
    warn(
      "connector-zero",
      "The charge point says that it cannot reserve any connector (ReserveConnectorZeroSupported)",
    );
  }
  return warnings;
}
