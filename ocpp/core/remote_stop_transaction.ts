import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";

/** 5.12: every transactionId is sent, also unknown ones. Only a StopTransaction shows that the transaction has ended. */
export const RemoteStopTransaction = defineAction({
  name: "RemoteStopTransaction",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.12",
  summary: "Asks a charge point to end a running transaction.",
  whenOffline: "refuse",
  request: z.strictObject({ transactionId: z.int() }),
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: { request: { transactionId: 4711 }, confirmation: { status: "Accepted" } },
});
