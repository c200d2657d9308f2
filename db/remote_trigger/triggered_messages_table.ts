/** The table of messages that charge points sent because of a trigger. */
export interface TriggeredMessagesTable {
  commandId: string;
  chargePoint: string;
  at: Date;
  messageId: string;
  action: string;
  /** Null: the message is about no connector. */
  connectorId: number | null;
  payload: unknown;
  isCut: boolean;
}
