/** Remote Trigger (OCPP 1.6 §5.17): the requested message is sent after the confirmation. */
import type { Connector } from "../connector.ts";
import { WHOLE_CHARGE_POINT } from "../device.ts";
import { type Handler, type OperationContext, type Outcome, status } from "./operation.ts";

/** Rejected for an unknown connector, and for a BootNotification of an accepted charge point (R 3.40). */
export const TriggerMessage: Handler<{ requestedMessage: string; connectorId?: number }> = (
  { requestedMessage, connectorId },
  context,
) => {
  const { device, link, registration, reports, sampling, jobs } = context;
  const ids = connectorId !== undefined
    ? [connectorId]
    : [WHOLE_CHARGE_POINT, ...device.connectors.map((connector) => connector.connectorId)];
  if (connectorId !== undefined && connectorId !== WHOLE_CHARGE_POINT && !device.connector(connectorId)) {
    return status("Rejected");
  }
  switch (requestedMessage) {
    case "BootNotification":
      return registration.state === "Accepted" ? status("Rejected") : status("Accepted", () => registration.boot());
    case "Heartbeat":
      return status("Accepted", () => link.call("Heartbeat", {}));
    case "StatusNotification":
      return status("Accepted", () => Promise.all(ids.map((id) => reports.one(id))));
    case "MeterValues":
      return triggerMeterValues(ids.flatMap((id) => device.connector(id) ?? []), context);
    case "DiagnosticsStatusNotification":
      return status("Accepted", () => link.call("DiagnosticsStatusNotification", { status: jobs.diagnosticsStatus }));
    case "FirmwareStatusNotification":
      return status("Accepted", () => link.call("FirmwareStatusNotification", { status: jobs.firmwareStatus }));
    default:
      return status("NotImplemented");
  }

  function triggerMeterValues(connectors: readonly Connector[], { device }: OperationContext): Outcome {
    // There is no main meter for connector 0, and without measurands there are no values.
    if (connectors.length === 0 || device.configuration.list("MeterValuesSampledData").length === 0) {
      return status("Rejected");
    }
    return status("Accepted", () => connectors.forEach((connector) => sampling.sample(connector, "Trigger")));
  }
};
