import { z } from "zod";
import { defineAction } from "../action.ts";
import { ciString } from "../types/ci_string.ts";

/** 5.3: every key and value is sent; the charge point decides. RebootRequired: the value is stored and takes effect after the next start. */
export const ChangeConfiguration = defineAction({
  name: "ChangeConfiguration",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.3",
  summary: "Sets one configuration key of a charge point.",
  whenOffline: "queue",
  request: z.strictObject({
    key: ciString(50),
    value: ciString(500).describe("Always text, also for numbers and booleans"),
  }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Rejected", "RebootRequired", "NotSupported"]) }),
  example: { request: { key: "MeterValueSampleInterval", value: "60" }, confirmation: { status: "Accepted" } },
});
