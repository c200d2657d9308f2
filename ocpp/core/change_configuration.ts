import { z } from "zod";
import { defineAction } from "../action.ts";
import { ciString } from "../types/ci_string.ts";

/** 5.3: any key and value is for the charge point to judge. RebootRequired means that the value is taken, and in force after the next start. */
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
