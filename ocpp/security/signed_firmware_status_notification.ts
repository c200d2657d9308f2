import { z } from "zod";
import { defineAction } from "../action.ts";
import { Nothing } from "../types/nothing.ts";
import { reported } from "../types/reported.ts";

/** The four statuses of a failed update are DownloadFailed, InstallationFailed, InstallVerificationFailed and InvalidSignature. */
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

/** White paper L01: requestId comes from SignedUpdateFirmware. It is absent only in an Idle that answers a trigger. */
export const SignedFirmwareStatusNotification = defineAction({
  name: "SignedFirmwareStatusNotification",
  initiatedBy: "ChargePoint",
  profile: "Security",
  spec: "White paper 5.10",
  summary: "Reports the progress of an update to signed firmware.",
  request: z.strictObject({ status: reported(SIGNED_FIRMWARE_STATUSES), requestId: z.int().optional() }),
  confirmation: Nothing,
  example: { request: { status: "SignatureVerified", requestId: 32 }, confirmation: {} },
});
