import type { ReservationState } from "../../ocpp/reservation/reservation_rules.ts";

/** The table of reservations; its key is the charge point and the reservationId. The migration explains the columns. */
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
  /** Why the state is in doubt: how the last command ended, or `Available`, the status of its connector. */
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
