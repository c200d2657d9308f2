/**
 * The handlers of the 19 operations that a Central System can call in OCPP 1.6. Operations of the security extension are answered with NotSupported,
 * unknown ones with NotImplemented (OCPP-J table 7).
 */
import { Fault, type Payload } from "../frames.ts";
import * as core from "./core.ts";
import * as firmwareManagement from "./firmware_management.ts";
import * as localAuthListManagement from "./local_auth_list_management.ts";
import type { Handler, OperationContext, Outcome } from "./operation.ts";
import * as remoteTransactions from "./remote_transactions.ts";
import * as remoteTrigger from "./remote_trigger.ts";
import { faultOf } from "./requests.ts";
import * as reservation from "./reservation.ts";
import * as smartCharging from "./smart_charging.ts";

const HANDLERS = new Map<string, Handler<never>>(Object.entries({
  ...core,
  ...remoteTransactions,
  ...firmwareManagement,
  ...localAuthListManagement,
  ...reservation,
  ...smartCharging,
  ...remoteTrigger,
}));

const SECURITY_EXTENSION = [
  "CertificateSigned",
  "DeleteCertificate",
  "ExtendedTriggerMessage",
  "GetInstalledCertificateIds",
  "GetLog",
  "InstallCertificate",
  "SignedUpdateFirmware",
];

// Actions of the other direction.
const FROM_CHARGE_POINT = [
  "Authorize",
  "BootNotification",
  "DiagnosticsStatusNotification",
  "FirmwareStatusNotification",
  "Heartbeat",
  "MeterValues",
  "StartTransaction",
  "StatusNotification",
  "StopTransaction",
];

/** The names of the 19 operations. */
export const OPERATIONS: readonly string[] = [...HANDLERS.keys()].sort();

/** Validates the request and calls the handler of the operation. */
export function perform(action: string, payload: Payload, context: OperationContext): Outcome | Fault {
  const handler = HANDLERS.get(action);
  if (handler) return faultOf(action, payload) ?? handler(payload as never, context);
  return SECURITY_EXTENSION.includes(action) || FROM_CHARGE_POINT.includes(action)
    ? new Fault("NotSupported", `This charge point does not support ${action}`)
    : new Fault("NotImplemented", `${action} is unknown`);
}
