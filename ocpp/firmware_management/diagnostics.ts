/**
 * The state of a diagnostics request, from GetDiagnostics to the uploaded file. There are three sources: the answer to the CALL, the
 * notifications, and the file. They arrive in any order, so the state is computed from all of them and does not depend on the order.
 */
import type { CommandEnd } from "../command_end.ts";
import type { ConfirmationOf } from "../registry.ts";

/** The last reported status of an upload (OCPP 1.6 7.24). */
export type UploadStatus = "Uploading" | "UploadFailed" | "Uploaded";

/** The state of a diagnostics request. */
export type DiagnosticsState =
  /** There is no answer yet. */
  | "requested"
  /** The CALL was not sent: the command was cancelled or expired, or the connection was lost before. */
  | "notSent"
  /** The answer is a CALLERROR or an invalid confirmation. */
  | "refused"
  /** The answer has no file name: the charge point has no diagnostics to send (5.9). */
  | "nothingToSend"
  /** The CALL was sent, and there is no answer. */
  | "timedOut"
  /** The answer has a file name. */
  | "accepted"
  | "uploading"
  /** The charge point may retry by itself (errata 3.50). */
  | "uploadFailed"
  /** The charge point reports the upload, but the file did not arrive here, for example because its URL is of another server. */
  | "uploaded"
  /** The Central System has received the file. */
  | "received"
  /** The upload URL has expired, and no file has arrived. */
  | "expired";

/** Everything from which the state is computed. */
export interface DiagnosticsEvidence {
  /** The end of the GetDiagnostics command; undefined: it is under way. */
  readonly end: CommandEnd<ConfirmationOf<"GetDiagnostics">> | undefined;
  readonly status: UploadStatus | null;
  readonly isReceived: boolean;
  /** The upload URL has expired. */
  readonly isOver: boolean;
}

/** Computes the state. The file takes precedence, then the reported status, then the answer. */
export function diagnosticsState(evidence: DiagnosticsEvidence): DiagnosticsState {
  const { status, isReceived, isOver } = evidence;
  if (isReceived) return "received";
  if (status === "Uploaded") return "uploaded";
  if (status === "UploadFailed") return "uploadFailed";
  const state = status === "Uploading" ? "uploading" : stateFromAnswer(evidence);
  const isWaiting = state === "uploading" || state === "accepted" || state === "timedOut";
  return isWaiting && isOver ? "expired" : state;
}

function stateFromAnswer({ end }: DiagnosticsEvidence): DiagnosticsState {
  switch (end?.kind) {
    case undefined:
      return "requested";
    case "applied":
      return end.confirmation?.fileName === undefined ? "nothingToSend" : "accepted";
    case "refused":
    case "notSupported":
      return "refused";
    case "neverSent":
      return "notSent";
    case "doubtful":
      return end.answer === "invalidAnswer" ? "refused" : "timedOut";
  }
}

/**
 * The statuses that a reported status replaces. Uploaded is final, so a late Uploading has no effect; after UploadFailed an upload may start again.
 * Undefined: the reported status is not about an upload, such as Idle, which only answers a trigger.
 */
export function statusesReplacedBy(reported: string): readonly (UploadStatus | null)[] | undefined {
  switch (reported) {
    case "Uploading":
      return [null, "UploadFailed"];
    case "UploadFailed":
      return [null, "Uploading"];
    case "Uploaded":
      return [null, "Uploading", "UploadFailed"];
    default:
      return undefined;
  }
}
