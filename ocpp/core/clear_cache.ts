import { defineAction } from "../action.ts";
import { z } from "zod";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";
import { Nothing } from "../types/nothing.ts";

/** 5.4: Rejected is also the answer of a charge point that has no cache (errata 3.23). */
export const ClearCache = defineAction({
  name: "ClearCache",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.4",
  summary: "Makes a charge point forget the idTags that it remembers from earlier answers.",
  whenOffline: "queue",
  request: Nothing,
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: { request: {}, confirmation: { status: "Accepted" } },
});
