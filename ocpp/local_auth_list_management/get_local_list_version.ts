import { z } from "zod";
import { defineAction } from "../action.ts";
import { Nothing } from "../types/nothing.ts";

/** 5.10: 0 means an empty list, −1 that the charge point does not support local lists. */
export const GetLocalListVersion = defineAction({
  name: "GetLocalListVersion",
  initiatedBy: "CentralSystem",
  profile: "LocalAuthListManagement",
  spec: "5.10",
  summary: "Reads the version of the local authorization list of a charge point.",
  whenOffline: "queue",
  request: Nothing,
  confirmation: z.strictObject({
    listVersion: z.int().min(-1).describe("0 = the list is empty, -1 = local lists are not supported"),
  }),
  example: { request: {}, confirmation: { listVersion: 12 } },
});
