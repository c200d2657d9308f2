/** A message that a command has brought. */
export interface TriggeredMessagesTable {
  commandId: string;
  chargePoint: string;
  at: Date;
  messageId: string;
  action: string;
  connectorId: number | null;
  payload: unknown;
  isCut: boolean;
}
