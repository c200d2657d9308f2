import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorOrWhole } from "../types/connector_id.ts";

/** 5.2: the new state survives a reboot. Scheduled: the change takes place when the running transaction has ended. */
export const ChangeAvailability = defineAction({
  name: "ChangeAvailability",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.2",
  summary: "Takes a connector or the whole charge point out of service, or puts it back.",
  whenOffline: "queue",
  request: z.strictObject({ connectorId: ConnectorOrWhole, type: z.enum(["Inoperative", "Operative"]) }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Rejected", "Scheduled"]) }),
  example: { request: { connectorId: 1, type: "Inoperative" }, confirmation: { status: "Accepted" } },
});
