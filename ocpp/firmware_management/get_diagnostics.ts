import { z } from "zod";
import { defineAction } from "../action.ts";
import { SentDateTime } from "../types/date_time.ts";
import { FileLocation } from "../types/file_location.ts";
import { Retries, RetryInterval } from "../types/retries.ts";
import { text } from "../types/text.ts";

/** 5.9: location is a directory; the confirmation has the name of the file. Without fileName there are no diagnostics to send. */
export const GetDiagnostics = defineAction({
  name: "GetDiagnostics",
  initiatedBy: "CentralSystem",
  profile: "FirmwareManagement",
  spec: "5.9",
  summary: "Asks a charge point to upload its diagnostics.",
  whenOffline: "queue",
  request: z.strictObject({
    location: FileLocation,
    retries: Retries.optional(),
    retryInterval: RetryInterval.optional(),
    startTime: SentDateTime.optional().describe("The time of the oldest entry to send"),
    stopTime: SentDateTime.optional().describe("The time of the newest entry to send"),
  }),
  confirmation: z.strictObject({ fileName: text(255).optional() }),
  example: {
    request: { location: "https://files.example.org/diagnostics/", retries: 2, retryInterval: 60 },
    confirmation: { fileName: "nw-22-004711-20260302.zip" },
  },
});
