/**
 * Finds the message that a TriggerMessage requested. OCPP has no id for it, so it is the next message of the requested action, and of the
 * requested connector if there is one (OCPP 1.6 5.17). It comes after the confirmation, but some charge points send it before.
 */

/** The request of a TriggerMessage or ExtendedTriggerMessage. */
export interface Trigger {
  readonly action: string;
  readonly request: object;
}

/** A CALL from a charge point. */
export interface ReceivedCall {
  readonly action: string;
  readonly payload: unknown;
}

/** The two actions that request a message. */
export const TRIGGER_ACTIONS = ["TriggerMessage", "ExtendedTriggerMessage"] as const;

/** Whether a command is a TriggerMessage or an ExtendedTriggerMessage. */
export function isTrigger({ action }: { readonly action: string }): boolean {
  return (TRIGGER_ACTIONS as readonly string[]).includes(action);
}

/** Whether a received CALL is the message that a trigger requests. */
export function answersTrigger({ action, request }: Trigger, received: ReceivedCall): boolean {
  const { requestedMessage, connectorId } = request as { requestedMessage: string; connectorId?: number };
  if (!actionsFor(action, requestedMessage).includes(received.action)) return false;
  const reported = connectorOf(received.payload);
  return connectorId === undefined || reported === null || reported === connectorId;
}

/** Whether a trigger requests one message per connector: StatusNotification and MeterValues without a connectorId. */
export function expectsSeveral({ request }: Trigger): boolean {
  const { requestedMessage, connectorId } = request as { requestedMessage: string; connectorId?: number };
  return connectorId === undefined && (requestedMessage === "StatusNotification" || requestedMessage === "MeterValues");
}

/** The connectorId of a payload; null: it has none. */
export function connectorOf(payload: unknown): number | null {
  const { connectorId } = (payload ?? {}) as { connectorId?: unknown };
  return Number.isInteger(connectorId) ? connectorId as number : null;
}

/** White paper 5.3: in the extended form, FirmwareStatusNotification means the signed one, and SignCertificate requests a certificate. */
function actionsFor(action: string, requestedMessage: string): readonly string[] {
  if (action !== "ExtendedTriggerMessage") return [requestedMessage];
  if (requestedMessage === "SignChargePointCertificate") return ["SignCertificate"];
  return requestedMessage === "FirmwareStatusNotification"
    ? ["SignedFirmwareStatusNotification", requestedMessage]
    : [requestedMessage];
}
