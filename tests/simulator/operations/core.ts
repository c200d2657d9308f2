/**
 * The Core profile's operations that are about the charge point itself (OCPP 1.6 §5.2, §5.3, §5.4, §5.6, §5.8, §5.14,
 * §5.18). Remote start and stop are in `remote_transactions.ts`.
 */
import { WHOLE_CHARGE_POINT } from "../device.ts";
import type { Payload } from "../frames.ts";
import { type Grounds, type Handler, type Outcome, status } from "./operation.ts";

/** Accepted, or Scheduled while a transaction runs; state that is already so is Accepted, too (§5.2). */
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

/** §5.3; keys with an effect have it at once. */
export const ChangeConfiguration: Handler<{ key: string; value: string }> = ({ key, value }, grounds) => {
  const { device } = grounds;
  const outcome = device.configuration.change(key, value);
  device.save();
  return status(outcome, () => outcome === "Accepted" && takeEffect(key.toLowerCase(), grounds));
};

function takeEffect(key: string, { registration, sampling, reconnect }: Grounds): void {
  if (key === "heartbeatinterval") registration.beat();
  if (key === "metervaluesampleinterval" || key === "clockaligneddatainterval") sampling.rearm();
  // The new key holds from the next connection on, which is therefore made now (white paper A01).
  if (key === "authorizationkey" || key === "websocketpinginterval") reconnect();
}

/** Rejected where there is no cache (R 3.23). */
export const ClearCache: Handler<Payload> = (_request, { device }) => {
  if (!device.configuration.flag("AuthorizationCacheEnabled")) return status("Rejected");
  device.cache.clear();
  return status("Accepted");
};

/** Knows one vendor, its own, and one message of it that returns what it was given. */
export const DataTransfer: Handler<{ vendorId: string; messageId?: string; data?: string }> = (
  { vendorId, messageId, data },
  { device },
) => {
  if (vendorId.toLowerCase() !== device.settings.vendor.toLowerCase()) return status("UnknownVendorId");
  if (messageId?.toLowerCase() !== "echo") return status("UnknownMessageId");
  return { confirmation: { status: "Accepted", ...(data !== undefined && { data }) } };
};

/** All keys, or those asked for; unknown ones are named (§5.8). */
export const GetConfiguration: Handler<{ key?: string[] }> = ({ key = [] }, { device }) => {
  const { configurationKey, unknownKey } = device.configuration.report(key);
  return { confirmation: { configurationKey: [...configurationKey], ...(unknownKey.length > 0 && { unknownKey }) } };
};

/** The reset itself happens behind the confirmation, with a real disconnection (§5.14). */
export const Reset: Handler<{ type: "Hard" | "Soft" }> = ({ type }, { reset }): Outcome =>
  status("Accepted", () => reset(type));

/** NotSupported for a connector that does not exist (R 3.85); a running transaction ends (§5.18). */
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
