import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";

/** The triggers that TriggerMessage lacks, and those of its own; FirmwareStatusNotification means the signed one here. */
const TRIGGERS = [
  "BootNotification",
  "LogStatusNotification",
  "FirmwareStatusNotification",
  "Heartbeat",
  "MeterValues",
  "SignChargePointCertificate",
  "StatusNotification",
] as const;

/** White paper: TriggerMessage with more to choose from. */
export const ExtendedTriggerMessage = defineAction({
  name: "ExtendedTriggerMessage",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.3",
  summary: "Asks a charge point to send one of its messages now, or to renew its certificate.",
  whenOffline: "queue",
  request: z.strictObject({
    requestedMessage: z.enum(TRIGGERS),
    connectorId: ConnectorOrWhole.optional().describe("Absent = all connectors"),
  }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Rejected", "NotImplemented"]) }),
  example: { request: { requestedMessage: "SignChargePointCertificate" }, confirmation: { status: "Accepted" } },
});
