/**
 * The progress of a firmware update. Status notifications may be repeated, left out, or come before or after the reboot (errata 3.47). So each
 * status has a rank and the highest reported one counts, which makes the result independent of the order. Installed ranks above the
 * failures, because a charge point may retry by itself.
 */

/** The statuses of FirmwareStatusNotification (OCPP 1.6 7.25) and SignedFirmwareStatusNotification (white paper L01), in their order. */
const IN_ORDER = [
  "DownloadScheduled",
  "DownloadPaused",
  "Downloading",
  "Downloaded",
  "SignatureVerified",
  "InstallScheduled",
  "Installing",
  "InstallRebooting",
  "DownloadFailed",
  "InvalidSignature",
  "InstallVerificationFailed",
  "InstallationFailed",
  "Installed",
];

/** The statuses of a failed update. */
const FAILED = ["DownloadFailed", "InvalidSignature", "InstallVerificationFailed", "InstallationFailed"] as const;

/** One of the statuses of a failed update. */
export type FailedStatus = (typeof FAILED)[number];

/** The rank of a status, from 1. Undefined: Idle, which only answers a trigger, and unknown statuses. */
export function rankOf(status: string): number | undefined {
  const index = IN_ORDER.indexOf(status);
  return index < 0 ? undefined : index + 1;
}

/** Whether this status reports a failed update. */
export function isFailed(status: string | null): status is FailedStatus {
  return FAILED.includes(status as FailedStatus);
}
