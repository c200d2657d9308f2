import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";

/** The messages that can be requested. FirmwareStatusNotification means SignedFirmwareStatusNotification here. */
const TRIGGERS = [
  "BootNotification",
  "LogStatusNotification",
  "FirmwareStatusNotification",
  "Heartbeat",
  "MeterValues",
  "SignChargePointCertificate",
  "StatusNotification",
] as const;

/** White paper: TriggerMessage, extended by LogStatusNotification and SignChargePointCertificate. */
export const ExtendedTriggerMessage = defineAction({
  name: "ExtendedTriggerMessage",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.3",
  summary: "Asks a charge point to send a certain message now, or to renew its certificate.",
  whenOffline: "queue",
  request: z.strictObject({
    requestedMessage: z.enum(TRIGGERS),
    connectorId: ConnectorOrWhole.optional().describe("Absent = all connectors"),
  }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Rejected", "NotImplemented"]) }),
  example: { request: { requestedMessage: "SignChargePointCertificate" }, confirmation: { status: "Accepted" } },
});
