import { z } from "zod";
import { defineAction } from "../action.ts";
import { Nothing } from "../types/nothing.ts";
import { reported } from "../types/reported.ts";

/** Where an upload may stand. */
const UPLOAD_STATUSES = [
  "BadMessage",
  "Idle",
  "NotSupportedOperation",
  "PermissionDenied",
  "Uploaded",
  "UploadFailure",
  "Uploading",
] as const;

/** White paper: requestId is that of GetLog, and absent only for an Idle that was triggered. */
export const LogStatusNotification = defineAction({
  name: "LogStatusNotification",
  initiatedBy: "ChargePoint",
  profile: "Security",
  spec: "White paper 5.7",
  summary: "Reports how far the upload of a log is.",
  request: z.strictObject({ status: reported(UPLOAD_STATUSES), requestId: z.int().optional() }),
  confirmation: Nothing,
  example: { request: { status: "Uploaded", requestId: 31 }, confirmation: {} },
});
