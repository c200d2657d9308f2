/** One reservation under the id that it has at its charge point. What the columns mean is said in the migration. */
export interface ReservationsTable {
  chargePoint: string;
  reservationId: number;
  connectorId: number;
  idTag: string;
  foldedIdTag: string;
  parentIdTag: string | null;
  foldedParentIdTag: string | null;
  expiryDate: Date;
  state: "requested" | "active" | "used" | "expired" | "cancelled" | "refused";
  doubt: string | null;
  reason: string | null;
  transactionId: number | null;
  answered: boolean;
  reserveCommandId: string;
  commandId: string;
  settledCommandId: string | null;
  requestedAt: Date;
  activeAt: Date | null;
  endedAt: Date | null;
}
