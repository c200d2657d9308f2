import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";

/** 7.32 MessageTrigger. */
const TRIGGERS = [
  "BootNotification",
  "DiagnosticsStatusNotification",
  "FirmwareStatusNotification",
  "Heartbeat",
  "MeterValues",
  "StatusNotification",
] as const;

/**
 * 5.17: the requested message comes after the confirmation. Connector 0 is allowed by 5.17, although not by the table in 6.51. An operator
 * should not request BootNotification from an accepted charge point (errata 3.40); it is sent nevertheless.
 */
export const TriggerMessage = defineAction({
  name: "TriggerMessage",
  initiatedBy: "CentralSystem",
  profile: "RemoteTrigger",
  spec: "5.17",
  summary: "Asks a charge point to send a certain message now.",
  whenOffline: "queue",
  request: z.strictObject({
    requestedMessage: z.enum(TRIGGERS),
    connectorId: ConnectorOrWhole.optional().describe("Absent = all connectors"),
  }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Rejected", "NotImplemented"]) }),
  example: {
    request: { requestedMessage: "StatusNotification", connectorId: 1 },
    confirmation: { status: "Accepted" },
  },
});
