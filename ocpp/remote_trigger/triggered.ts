/**
 * Which message of a charge point is the one that it was asked for. A TriggerMessage carries no id that would come back, so it is the next
 * one of that action, from that connector when one was named (OCPP 1.6 5.17). It comes after the confirmation, but some charge points
 * send it before.
 */

/** A TriggerMessage or ExtendedTriggerMessage. */
export interface Trigger {
  readonly action: string;
  readonly request: object;
}

/** A CALL of a charge point. */
export interface Brought {
  readonly action: string;
  readonly payload: unknown;
}

/** The actions that ask for a message. */
export const TRIGGER_ACTIONS = ["TriggerMessage", "ExtendedTriggerMessage"] as const;

/** Whether a command asks for a message. */
export function isTrigger({ action }: { readonly action: string }): boolean {
  return (TRIGGER_ACTIONS as readonly string[]).includes(action);
}

/** Whether a message is what a trigger asks for. */
export function answersTrigger({ action, request }: Trigger, brought: Brought): boolean {
  const { requestedMessage, connectorId } = request as { requestedMessage: string; connectorId?: number };
  if (!actionsFor(action, requestedMessage).includes(brought.action)) return false;
  const its = connectorOf(brought.payload);
  return connectorId === undefined || its === null || its === connectorId;
}

/** Without a connector, connectors answer one by one; every other trigger brings one message. */
export function bringsSeveral({ request }: Trigger): boolean {
  const { requestedMessage, connectorId } = request as { requestedMessage: string; connectorId?: number };
  return connectorId === undefined && (requestedMessage === "StatusNotification" || requestedMessage === "MeterValues");
}

/** The connector that a message is about; null: it is about none. */
export function connectorOf(payload: unknown): number | null {
  const { connectorId } = (payload ?? {}) as { connectorId?: unknown };
  return Number.isInteger(connectorId) ? connectorId as number : null;
}

/** White paper 5.3: the extended FirmwareStatusNotification means the signed one, and a certificate is asked for by SignCertificate. */
function actionsFor(action: string, requestedMessage: string): readonly string[] {
  if (action !== "ExtendedTriggerMessage") return [requestedMessage];
  if (requestedMessage === "SignChargePointCertificate") return ["SignCertificate"];
  return requestedMessage === "FirmwareStatusNotification"
    ? ["SignedFirmwareStatusNotification", requestedMessage]
    : [requestedMessage];
}
