import { z } from "zod";
import { defineAction } from "../action.ts";
import { Nothing } from "../types/nothing.ts";
import { reported } from "../types/reported.ts";

/** 4.4: has no request id, so it belongs to the latest GetDiagnostics. Idle only answers a trigger. */
export const DiagnosticsStatusNotification = defineAction({
  name: "DiagnosticsStatusNotification",
  initiatedBy: "ChargePoint",
  profile: "FirmwareManagement",
  spec: "4.4",
  summary: "Reports the progress of a diagnostics upload.",
  request: z.strictObject({ status: reported(["Idle", "Uploaded", "UploadFailed", "Uploading"]) }),
  confirmation: Nothing,
  example: { request: { status: "Uploading" }, confirmation: {} },
});
