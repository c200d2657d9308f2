import { defineAction } from "../action.ts";
import { z } from "zod";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";
import { Nothing } from "../types/nothing.ts";

/** 5.4: a charge point without a cache answers Rejected (errata 3.23). */
export const ClearCache = defineAction({
  name: "ClearCache",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.4",
  summary: "Clears the authorization cache of a charge point, which stores the idTags of earlier answers.",
  whenOffline: "queue",
  request: Nothing,
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: { request: {}, confirmation: { status: "Accepted" } },
});
