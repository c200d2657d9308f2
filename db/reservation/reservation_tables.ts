import type { ReservationState } from "../../ocpp/reservation/reservation_rules.ts";

/** One reservation under the id that it has at its charge point. What the columns mean is said in the migration. */
export interface ReservationsTable {
  chargePoint: string;
  reservationId: number;
  /** 0: any connector. */
  connectorId: number;
  idTag: string;
  foldedIdTag: string;
  parentIdTag: string | null;
  foldedParentIdTag: string | null;
  expiryDate: Date;
  state: ReservationState;
  /** Why the charge point may think otherwise: how the last command ended, or `Available`, the status of its connector. */
  doubt: string | null;
  reason: string | null;
  /** The transaction that used it. */
  transactionId: number | null;
  answered: boolean;
  reserveCommandId: string;
  commandId: string;
  settledCommandId: string | null;
  requestedAt: Date;
  activeAt: Date | null;
  endedAt: Date | null;
}
