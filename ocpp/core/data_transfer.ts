import { z } from "zod";
import { defineAction } from "../action.ts";
import { ciString } from "../types/ci_string.ts";
import { text } from "../types/text.ts";

/** 4.3 and 5.5: a vendor-specific message, in both directions. The answer to an unknown vendor is a status, not an error. */
export const DataTransfer = defineAction({
  name: "DataTransfer",
  initiatedBy: "Both",
  profile: "Core",
  spec: "5.5",
  summary: "Carries a vendor-specific message that OCPP does not define.",
  whenOffline: "refuse",
  request: z.strictObject({
    vendorId: ciString(255).describe("Should be a reversed domain name"),
    messageId: text(50).optional(),
    data: text().optional().describe("Text of any length; the vendor defines its meaning"),
  }),
  confirmation: z.strictObject({
    status: z.enum(["Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId"]),
    data: text().optional(),
  }),
  example: {
    request: { vendorId: "com.northwind", messageId: "setDisplayText", data: '{"line":1,"text":"Welcome"}' },
    confirmation: { status: "Accepted" },
  },
});
