import { z } from "zod";
import { defineAction } from "../action.ts";
import { ConnectorId } from "../types/connector_id.ts";

/** 5.18: does not end a transaction by itself. NotSupported may also mean that the connector is unknown (errata 3.85). */
export const UnlockConnector = defineAction({
  name: "UnlockConnector",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.18",
  summary: "Unlocks a connector, when a driver's cable is stuck.",
  whenOffline: "refuse",
  request: z.strictObject({ connectorId: ConnectorId }),
  confirmation: z.strictObject({ status: z.enum(["Unlocked", "UnlockFailed", "NotSupported"]) }),
  example: { request: { connectorId: 1 }, confirmation: { status: "Unlocked" } },
});
