import { z } from "zod";
import { defineAction } from "../action.ts";
import { Nothing } from "../types/nothing.ts";
import { reported } from "../types/reported.ts";

/** The states of an upload. */
const UPLOAD_STATUSES = [
  "BadMessage",
  "Idle",
  "NotSupportedOperation",
  "PermissionDenied",
  "Uploaded",
  "UploadFailure",
  "Uploading",
] as const;

/** White paper: requestId comes from GetLog. It is absent only in an Idle that answers a trigger. */
export const LogStatusNotification = defineAction({
  name: "LogStatusNotification",
  initiatedBy: "ChargePoint",
  profile: "Security",
  spec: "White paper 5.7",
  summary: "Reports the progress of a log upload.",
  request: z.strictObject({ status: reported(UPLOAD_STATUSES), requestId: z.int().optional() }),
  confirmation: Nothing,
  example: { request: { status: "Uploaded", requestId: 31 }, confirmation: {} },
});
