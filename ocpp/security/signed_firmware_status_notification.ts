import { z } from "zod";
import { defineAction } from "../action.ts";
import { Nothing } from "../types/nothing.ts";
import { reported } from "../types/reported.ts";

/** Four of them end an update in failure: DownloadFailed, InstallationFailed, InstallVerificationFailed, InvalidSignature. */
const SIGNED_FIRMWARE_STATUSES = [
  "Downloaded",
  "DownloadFailed",
  "Downloading",
  "DownloadScheduled",
  "DownloadPaused",
  "Idle",
  "InstallationFailed",
  "Installing",
  "Installed",
  "InstallRebooting",
  "InstallScheduled",
  "InstallVerificationFailed",
  "InvalidSignature",
  "SignatureVerified",
] as const;

/** White paper L01: requestId is that of SignedUpdateFirmware, and absent only for an Idle that was triggered. */
export const SignedFirmwareStatusNotification = defineAction({
  name: "SignedFirmwareStatusNotification",
  initiatedBy: "ChargePoint",
  profile: "Security",
  spec: "White paper 5.10",
  summary: "Reports how far the update to a signed firmware is.",
  request: z.strictObject({ status: reported(SIGNED_FIRMWARE_STATUSES), requestId: z.int().optional() }),
  confirmation: Nothing,
  example: { request: { status: "SignatureVerified", requestId: 32 }, confirmation: {} },
});
