import { z } from "zod";
import { defineAction } from "../action.ts";
import { AUTHORIZATION_KEY, isHexKey, isSecretKey } from "../secrets.ts";
import { ciString } from "../types/ci_string.ts";

/** Any key and value is for the charge point to judge, but a broken AuthorizationKey could lock it out (white paper 2.3). */
const Request = z.strictObject({
  key: ciString(50),
  value: ciString(500).describe("Always text, also for numbers and booleans"),
}).check((context) => {
  const { key, value } = context.value;
  if (!isSecretKey(key) || isHexKey(value)) return;
  context.issues.push({
    code: "custom",
    input: undefined, // not the value: it was meant to be a secret
    path: ["value"],
    message: `of ${AUTHORIZATION_KEY} must be 32 to 40 hex digits, two for each byte`,
  });
});

/** 5.3: RebootRequired means that the value is taken, and in force after the next start. */
export const ChangeConfiguration = defineAction({
  name: "ChangeConfiguration",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.3",
  summary: "Sets one configuration key of a charge point.",
  whenOffline: "queue",
  request: Request,
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Rejected", "RebootRequired", "NotSupported"]) }),
  example: { request: { key: "MeterValueSampleInterval", value: "60" }, confirmation: { status: "Accepted" } },
});
