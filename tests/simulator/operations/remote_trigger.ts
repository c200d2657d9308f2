/** Remote Trigger (OCPP 1.6 §5.17): the message that was asked for follows behind the confirmation. */
import type { Connector } from "../connector.ts";
import { WHOLE_CHARGE_POINT } from "../device.ts";
import { type Grounds, type Handler, type Outcome, status } from "./operation.ts";

/** A BootNotification is refused once accepted (R 3.40); a connector that does not exist is refused. */
export const TriggerMessage: Handler<{ requestedMessage: string; connectorId?: number }> = (
  { requestedMessage, connectorId },
  grounds,
) => {
  const { device, link, registration, reports, sampling, jobs } = grounds;
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
      return triggerMeterValues(ids.flatMap((id) => device.connector(id) ?? []), grounds);
    case "DiagnosticsStatusNotification":
      return status("Accepted", () => link.call("DiagnosticsStatusNotification", { status: jobs.diagnosticsStatus }));
    case "FirmwareStatusNotification":
      return status("Accepted", () => link.call("FirmwareStatusNotification", { status: jobs.firmwareStatus }));
    default:
      return status("NotImplemented");
  }

  function triggerMeterValues(connectors: readonly Connector[], { device }: Grounds): Outcome {
    // There is no main meter, and without measurands there is nothing to read.
    if (connectors.length === 0 || device.configuration.list("MeterValuesSampledData").length === 0) {
      return status("Rejected");
    }
    return status("Accepted", () => connectors.forEach((connector) => sampling.sample(connector, "Trigger")));
  }
};
