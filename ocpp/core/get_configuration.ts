import { z } from "zod";
import { defineAction } from "../action.ts";
import { ciString } from "../types/ci_string.ts";

/** 5.8: without keys, or with an empty list, the charge point reports all its keys. */
export const GetConfiguration = defineAction({
  name: "GetConfiguration",
  initiatedBy: "CentralSystem",
  profile: "Core",
  spec: "5.8",
  summary: "Reads all or some configuration keys of a charge point.",
  whenOffline: "queue",
  request: z.strictObject({
    key: z.array(ciString(50)).optional().describe(
      "Absent = all keys; otherwise at most GetConfigurationMaxKeys keys",
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
