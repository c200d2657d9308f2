/** A message that a command has brought. */
export interface TriggeredMessagesTable {
  commandId: string;
  chargePoint: string;
  at: Date;
  messageId: string;
  action: string;
  /** Null: the message is about none. */
  connectorId: number | null;
  payload: unknown;
  isCut: boolean;
}
