/**
 * Decides the outcome of one charge point in a firmware campaign. The confirmation of UpdateFirmware is empty and often missing, so the decision
 * depends on evidence: a status notification, or the firmware version after a boot. Without evidence the target ends at its timeout.
 * UpdateFirmware is not sent again while the result of the first one is unknown.
 */
import { type CommandEnd, type CommandState, endOf, isAnswered, isRefused } from "../command_end.ts";
import { type FailedStatus, isFailed } from "./firmware_update.ts";

/** Every outcome of a target. */
export const TARGET_OUTCOMES = [
  "installed",
  "downloadFailed",
  "invalidSignature",
  "installationFailed",
  "versionMismatch",
  "notSupported",
  "callError",
  "timedOut",
  "neverCameBack",
  "expired",
  "aborted",
  "skipped",
  "removed",
] as const;

/** One of the outcomes above. */
export type TargetOutcome = (typeof TARGET_OUTCOMES)[number];

/** Outcomes that count as failures of the campaign. */
export const FAILURES: readonly TargetOutcome[] = [
  "downloadFailed",
  "invalidSignature",
  "installationFailed",
  "versionMismatch",
  "notSupported",
  "callError",
  "timedOut",
  "neverCameBack",
];

/** Failures that are retried. A retry is harmless, because the charge point itself has reported the failure. */
export const RETRIED: readonly TargetOutcome[] = ["downloadFailed", "installationFailed", "callError"];

/** The state of one UpdateFirmware command to a target. */
export interface Attempt {
  /** Whether the charge point is still registered. */
  readonly isRegistered: boolean;
  readonly isConnected: boolean;
  /** Null: no command exists yet with the id that the target has. */
  readonly commandState: CommandState | null;
  readonly error: { readonly code: string; readonly description: string } | null;
  /** The late answer of the command, if any. */
  readonly lateAnswer?: unknown;
  /** Null: the CALL was not sent. */
  readonly sentAt: Date | null;
  /** The highest status that was reported, and since when. */
  readonly status: string | null;
  readonly since: Date | null;
  /** The firmware version and the time of the last boot. */
  readonly version: string | null;
  readonly bootedAt: Date | null;
}

/** The settings of the campaign. `version` null: the version of the firmware is not given. */
export interface UpdateSettings {
  readonly version: string | null;
  readonly retrieveDate: Date | null;
  readonly updateTimeoutSeconds: number;
}

/** The decision. `send`: create the command. `notSent`: the command ended without being sent. */
export type Verdict =
  | { readonly kind: "open" | "send" | "notSent" }
  | { readonly kind: "ended"; readonly outcome: TargetOutcome; readonly detail: string | null };

/** How long a target waits after Installed for a boot that reports the version. */
const BOOT_GRACE_MS = 15 * 60_000;

/** Decides about an attempt at this moment. */
export function judge(attempt: Attempt, settings: UpdateSettings, now: Date): Verdict {
  const { isRegistered, commandState, sentAt, status, error, lateAnswer } = attempt;
  if (!isRegistered) return ended("removed", "The charge point is no longer registered");
  if (commandState === null) return { kind: "send" };
  const end = endOf({ action: "UpdateFirmware", state: commandState, error, sentAt, lateAnswer });
  if (sentAt === null) return unsent(end);
  const proof = evidence(attempt, sentAt, settings, now);
  if (proof) return proof;
  if (end && isRefused(end) && status === null) return callError(end);
  const startsAtMs = Math.max(sentAt.getTime(), settings.retrieveDate?.getTime() ?? 0);
  if (now.getTime() < startsAtMs + settings.updateTimeoutSeconds * 1000) return { kind: "open" };
  const last = status ??
    (end && isAnswered(end) ? "the confirmation" : `none (its command is ${commandState})`);
  return attempt.isConnected
    ? ended("timedOut", `It did not report the installation in time; its last report: ${last}`)
    : ended("neverCameBack", `It is not connected; its last report: ${last}`);
}

function unsent(end: CommandEnd | undefined): Verdict {
  if (!end) return { kind: "open" };
  return end.answer === "cancelled"
    ? ended("aborted", "Its UpdateFirmware command was cancelled")
    : { kind: "notSent" };
}

/** The decision from the reports of the charge point; undefined: they are not sufficient. */
function evidence(attempt: Attempt, sentAt: Date, settings: UpdateSettings, now: Date): Verdict | undefined {
  const { status, since, version, bootedAt } = attempt;
  const bootedVersion = bootedAt !== null && bootedAt >= sentAt ? version : null;
  if (settings.version !== null && bootedVersion === settings.version) return ended("installed", null);
  if (isFailed(status)) return ended(outcomeOf(status), `It reported ${status}`);
  if (status !== "Installed") return undefined;
  if (settings.version === null) return ended("installed", null);
  const isBootAfter = bootedVersion !== null && bootedAt! >= since!;
  if (!isBootAfter && now.getTime() < since!.getTime() + BOOT_GRACE_MS) return { kind: "open" };
  return bootedVersion === null
    ? ended("installed", "It reported Installed, but no boot has confirmed the version")
    : ended("versionMismatch", `It reported Installed, but booted with version ${bootedVersion}`);
}

function outcomeOf(status: FailedStatus): TargetOutcome {
  switch (status) {
    case "DownloadFailed":
      return "downloadFailed";
    case "InvalidSignature":
      return "invalidSignature";
    case "InstallVerificationFailed":
    case "InstallationFailed":
      return "installationFailed";
  }
}

/** White paper L01.FR.20: with signed firmware UpdateFirmware is answered NotSupported; without the profile it is NotImplemented. */
function callError({ answer, description }: CommandEnd): Verdict {
  const answered = `It answered UpdateFirmware with ${answer}`;
  if (answer === "NotSupported") {
    return ended("notSupported", `${answered}. If it accepts only signed firmware, send SignedUpdateFirmware`);
  }
  if (answer === "NotImplemented") {
    return ended("notSupported", `${answered}: it does not support firmware management over OCPP`);
  }
  return ended("callError", description ? `${answered}: ${description}` : answered);
}

function ended(outcome: TargetOutcome, detail: string | null): Verdict {
  return { kind: "ended", outcome, detail };
}
