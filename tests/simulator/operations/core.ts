/**
 * The operations of the Core profile (OCPP 1.6 §5.2, §5.3, §5.4, §5.6, §5.8, §5.14, §5.18), except remote start and stop, which are in
 * `remote_transactions.ts`.
 */
import { WHOLE_CHARGE_POINT } from "../device.ts";
import type { Payload } from "../frames.ts";
import { type Handler, type OperationContext, type Outcome, status } from "./operation.ts";

/** Answers Accepted, also when nothing changes, or Scheduled while a transaction runs (§5.2). */
export const ChangeAvailability: Handler<{ connectorId: number; type: "Operative" | "Inoperative" }> = (
  { connectorId, type },
  { device, reports },
) => {
  const operative = type === "Operative";
  const chosen = device.connectors.filter((connector) =>
    [WHOLE_CHARGE_POINT, connector.connectorId].includes(connectorId)
  );
  if (chosen.length === 0) return status("Rejected");
  const busy = !operative && chosen.some((connector) => connector.transaction);
  if (connectorId === WHOLE_CHARGE_POINT) device.operative = operative;
  for (const connector of chosen) {
    if (connector.transaction && !operative) connector.operativeAfterTransaction = false;
    else connector.operative = operative;
    if (operative) connector.operativeAfterTransaction = undefined;
  }
  device.save();
  return status(busy ? "Scheduled" : "Accepted", () => reports.changes());
};

/** Changes a key (§5.3); an accepted change takes effect at once. */
export const ChangeConfiguration: Handler<{ key: string; value: string }> = ({ key, value }, context) => {
  const { device } = context;
  const outcome = device.configuration.change(key, value);
  device.save();
  return status(outcome, () => outcome === "Accepted" && takeEffect(key.toLowerCase(), context));
};

function takeEffect(key: string, { registration, sampling, reconnect }: OperationContext): void {
  if (key === "heartbeatinterval") registration.restartHeartbeat();
  if (key === "metervaluesampleinterval" || key === "clockaligneddatainterval") sampling.restartTimers();
  // These keys take effect at the next connection, so the charge point reconnects (white paper A01).
  if (key === "authorizationkey" || key === "websocketpinginterval") reconnect();
}

/** Clears the authorization cache; Rejected when it is disabled (R 3.23). */
export const ClearCache: Handler<Payload> = (_request, { device }) => {
  if (!device.configuration.flag("AuthorizationCacheEnabled")) return status("Rejected");
  device.cache.clear();
  return status("Accepted");
};

/** Supports the message `echo` of the charge point's own vendor, which returns the data. */
export const DataTransfer: Handler<{ vendorId: string; messageId?: string; data?: string }> = (
  { vendorId, messageId, data },
  { device },
) => {
  if (vendorId.toLowerCase() !== device.settings.vendor.toLowerCase()) return status("UnknownVendorId");
  if (messageId?.toLowerCase() !== "echo") return status("UnknownMessageId");
  return { confirmation: { status: "Accepted", ...(data !== undefined && { data }) } };
};

/** Returns the requested keys, or all, and lists unknown ones (§5.8). */
export const GetConfiguration: Handler<{ key?: string[] }> = ({ key = [] }, { device }) => {
  const { configurationKey, unknownKey } = device.configuration.report(key);
  return { confirmation: { configurationKey: [...configurationKey], ...(unknownKey.length > 0 && { unknownKey }) } };
};

/** Confirms, and then resets the charge point, which disconnects (§5.14). */
export const Reset: Handler<{ type: "Hard" | "Soft" }> = ({ type }, { reset }): Outcome =>
  status("Accepted", () => reset(type));

/** Unlocks a connector, which ends its transaction (§5.18); NotSupported for an unknown connector (R 3.85). */
export const UnlockConnector: Handler<{ connectorId: number }> = (
  { connectorId },
  { device, transactions, reports },
) => {
  const connector = device.connector(connectorId);
  if (!connector) return status("NotSupported");
  if (connector.errorCode === "ConnectorLockFailure") return status("UnlockFailed");
  return status("Unlocked", async () => {
    if (connector.transaction) await transactions.stop(connectorId, { reason: "UnlockCommand" });
    else await reports.changes();
  });
};
