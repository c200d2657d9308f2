/**
 * How a firmware update goes, as a charge point reports it. The notifications have an order in which they should come, but they are repeated,
 * left out, and come before or after the reboot (errata 3.47), so each status has a rank and the highest one that was heard counts: in whatever
 * order they come, the update ends the same. Installed outranks the failures, because a charge point may try again by itself.
 */

/** The statuses of FirmwareStatusNotification (OCPP 1.6 7.25) and of SignedFirmwareStatusNotification (white paper L01), as they follow each other. */
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

/** The statuses after which an update has failed. */
const FAILED = ["DownloadFailed", "InvalidSignature", "InstallVerificationFailed", "InstallationFailed"] as const;

/** A status after which an update has failed. */
export type FailedStatus = (typeof FAILED)[number];

/** How far a status is, from 1. Undefined: it says nothing about an update, as Idle, which only answers a trigger, or a word that nobody knows. */
export function rankOf(status: string): number | undefined {
  const index = IN_ORDER.indexOf(status);
  return index < 0 ? undefined : index + 1;
}

/** Whether the update has failed with this status. */
export function isFailed(status: string | null): status is FailedStatus {
  return FAILED.includes(status as FailedStatus);
}
