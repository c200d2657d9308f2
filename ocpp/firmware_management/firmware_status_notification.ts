import { z } from "zod";
import { defineAction } from "../action.ts";
import { Nothing } from "../types/nothing.ts";
import { reported } from "../types/reported.ts";

/** 7.25 FirmwareStatus. */
const FIRMWARE_STATUSES = [
  "Downloaded",
  "DownloadFailed",
  "Downloading",
  "Idle",
  "InstallationFailed",
  "Installing",
  "Installed",
] as const;

/** 4.5: has no request id, so it belongs to the latest UpdateFirmware. Installed may come before or after the restart (errata 3.47). */
export const FirmwareStatusNotification = defineAction({
  name: "FirmwareStatusNotification",
  initiatedBy: "ChargePoint",
  profile: "FirmwareManagement",
  spec: "4.5",
  summary: "Reports the progress of a firmware update.",
  request: z.strictObject({ status: reported(FIRMWARE_STATUSES) }),
  confirmation: Nothing,
  example: { request: { status: "Downloading" }, confirmation: {} },
});
