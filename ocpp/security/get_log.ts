import { z } from "zod";
import { defineAction } from "../action.ts";
import { SentDateTime } from "../types/date_time.ts";
import { FileLocation } from "../types/file_location.ts";
import { Retries, RetryInterval } from "../types/retries.ts";
import { text } from "../types/text.ts";

/** White paper: GetDiagnostics with a request id. AcceptedCanceled: the charge point cancelled an older upload for this one. */
export const GetLog = defineAction({
  name: "GetLog",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.5",
  summary: "Asks a charge point to upload its diagnostics log or its security log.",
  whenOffline: "queue",
  request: z.strictObject({
    log: z.strictObject({
      remoteLocation: FileLocation.max(512),
      oldestTimestamp: SentDateTime.optional(),
      latestTimestamp: SentDateTime.optional(),
    }),
    logType: z.enum(["DiagnosticsLog", "SecurityLog"]),
    requestId: z.int(),
    retries: Retries.optional(),
    retryInterval: RetryInterval.optional(),
  }),
  confirmation: z.strictObject({
    status: z.enum(["Accepted", "Rejected", "AcceptedCanceled"]),
    filename: text(255).optional(),
  }),
  example: {
    request: {
      logType: "SecurityLog",
      requestId: 31,
      log: { remoteLocation: "https://files.example.org/logs/", oldestTimestamp: "2026-03-01T00:00:00.000Z" },
    },
    confirmation: { status: "Accepted", filename: "security-20260302.log" },
  },
});
