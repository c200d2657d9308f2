import { z } from "zod";
import { defineAction } from "../action.ts";
import { ciString } from "../types/ci_string.ts";

/** 5.8: without keys, or with an empty list, the charge point reports all it has. */
export const GetConfiguration = defineAction({
  name: "GetConfiguration",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.8",
  summary: "Reads the configuration of a charge point, whole or some keys.",
  whenOffline: "queue",
  request: z.strictObject({
    key: z.array(ciString(50)).optional().describe(
      "Absent = all keys; at most GetConfigurationMaxKeys of them otherwise",
    ),
  }),
  confirmation: z.strictObject({
    configurationKey: z.array(z.strictObject({
      key: ciString(50),
      readonly: z.boolean(),
      value: ciString(500).optional(),
    })).optional(),
    unknownKey: z.array(ciString(50)).optional(),
  }),
  example: {
    request: { key: ["HeartbeatInterval", "Colour"] },
    confirmation: {
      configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "300" }],
      unknownKey: ["Colour"],
    },
  },
});
