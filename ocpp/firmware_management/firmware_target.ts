/**
 * What becomes of one charge point in a firmware campaign. UpdateFirmware is confirmed with nothing, and often not at all, so its answer decides little: what
 * counts is evidence, which is a status notification or the version that the charge point boots with. Without any, the target ends when its time is up. It is
 * never sent a second time because nobody knows what became of the first.
 */
import { type CommandEnd, type CommandState, endOf, isAnswered, isRefused } from "../command_end.ts";
import { type FailedStatus, isFailed } from "./firmware_update.ts";

/** Every way in which a target can end. */
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

/** Failures after which sending it again is worth a try, and harmless: the charge point said itself that it is over. */
export const RETRIED: readonly TargetOutcome[] = ["downloadFailed", "installationFailed", "callError"];

/** What is known of an attempt. */
export interface Attempt {
  /** Whether the charge point is still registered. */
  readonly isRegistered: boolean;
  readonly isConnected: boolean;
  /** Null: there is no command yet under the id that the target has. */
  readonly commandState: CommandState | null;
  readonly error: { readonly code: string; readonly description: string } | null;
  /** What came after the command had ended. */
  readonly lateAnswer?: unknown;
  /** Null: the CALL has not gone out. */
  readonly sentAt: Date | null;
  /** The furthest status that was reported, and since when. */
  readonly status: string | null;
  readonly since: Date | null;
  /** What the last boot said. */
  readonly version: string | null;
  readonly bootedAt: Date | null;
}

/** What the campaign wants. `version` null: it does not say which version the image is. */
export interface Wanted {
  readonly version: string | null;
  readonly retrieveDate: Date | null;
  readonly updateTimeoutSeconds: number;
}

/** What follows. `send`: the command is to be made. `notSent`: nothing went out and nothing will. */
export type Verdict =
  | { readonly kind: "open" | "send" | "notSent" }
  | { readonly kind: "ended"; readonly outcome: TargetOutcome; readonly detail: string | null };

/** After Installed, so long is waited for a boot that says the version, where it was not the boot that said Installed. */
const BOOT_GRACE_MS = 15 * 60_000;

/** Judges an attempt as it is known at this moment. */
export function judge(attempt: Attempt, wanted: Wanted, now: Date): Verdict {
  const { isRegistered, commandState, sentAt, status, error, lateAnswer } = attempt;
  if (!isRegistered) return ended("removed", "The charge point is not registered any more");
  if (commandState === null) return { kind: "send" };
  const end = endOf({ action: "UpdateFirmware", state: commandState, error, sentAt, lateAnswer });
  if (sentAt === null) return unsent(end);
  const shown = evidence(attempt, sentAt, wanted, now);
  if (shown) return shown;
  if (end && isRefused(end) && status === null) return callError(end);
  const startsAtMs = Math.max(sentAt.getTime(), wanted.retrieveDate?.getTime() ?? 0);
  if (now.getTime() < startsAtMs + wanted.updateTimeoutSeconds * 1000) return { kind: "open" };
  const last = status ?? (end && isAnswered(end) ? "only the confirmation" : `no answer (${commandState})`);
  return attempt.isConnected
    ? ended("timedOut", `Nothing shows that it is installed; the last that came was ${last}`)
    : ended("neverCameBack", `It is not connected; the last that came was ${last}`);
}

function unsent(end: CommandEnd | undefined): Verdict {
  if (!end) return { kind: "open" };
  return end.answer === "cancelled" ? ended("aborted", "Its command was cancelled") : { kind: "notSent" };
}

/** What the charge point itself has shown, undefined: not enough. */
function evidence(attempt: Attempt, sentAt: Date, wanted: Wanted, now: Date): Verdict | undefined {
  const { status, since, version, bootedAt } = attempt;
  const told = bootedAt !== null && bootedAt >= sentAt ? version : null;
  if (wanted.version !== null && told === wanted.version) return ended("installed", null);
  if (isFailed(status)) return ended(outcomeOf(status), `It reported ${status}`);
  if (status !== "Installed") return undefined;
  if (wanted.version === null) return ended("installed", null);
  const isBootAfter = told !== null && bootedAt! >= since!;
  if (!isBootAfter && now.getTime() < since!.getTime() + BOOT_GRACE_MS) return { kind: "open" };
  return told === null
    ? ended("installed", "It reported Installed; no boot has confirmed the version")
    : ended("versionMismatch", `It reported Installed, and booted with version ${told}`);
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
  const said = `It answered UpdateFirmware with ${answer}`;
  if (answer === "NotSupported") {
    return ended("notSupported", `${said}. Where it takes signed firmware only, send it SignedUpdateFirmware`);
  }
  if (answer === "NotImplemented") return ended("notSupported", `${said}: it has no firmware management over OCPP`);
  return ended("callError", description ? `${said}: ${description}` : said);
}

function ended(outcome: TargetOutcome, detail: string | null): Verdict {
  return { kind: "ended", outcome, detail };
}
