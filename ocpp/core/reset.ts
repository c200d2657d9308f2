import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";

/** 5.14: Soft ends the transactions first. After Hard, their StopTransaction may come after the restart (errata 3.36). */
export const Reset = defineAction({
  name: "Reset",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.14",
  summary: "Restarts a charge point, after it has ended its transactions (Soft) or at once (Hard).",
  whenOffline: "refuse",
  request: z.strictObject({ type: z.enum(["Hard", "Soft"]) }),
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: { request: { type: "Soft" }, confirmation: { status: "Accepted" } },
});
