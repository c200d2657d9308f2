/**
 * How a request for diagnostics goes, from GetDiagnostics to the file. There are three tellers, the answer to the call, the notifications and the file
 * itself, and they come in any order, so the state is not moved but read off what is known: whichever comes last, it ends the same.
 */

import type { CommandEnd } from "../command_end.ts";
import type { ConfirmationOf } from "../registry.ts";

/** How an upload goes, as it was last reported (OCPP 1.6 7.24). */
export type UploadStatus = "Uploading" | "UploadFailed" | "Uploaded";

/** Where a request for diagnostics stands. */
export type DiagnosticsState =
  /** Not answered yet. */
  | "requested"
  /** It never went out: cancelled, expired, or the charge point left before. */
  | "notSent"
  /** Answered with an error, or with what is no answer. */
  | "refused"
  /** Answered without a file name: there is nothing to send (5.9). */
  | "nothingToSend"
  /** It went out and nobody knows what the charge point made of it. */
  | "timedOut"
  /** Answered with a file name. */
  | "accepted"
  | "uploading"
  /** The charge point may try again by itself (errata 3.50). */
  | "uploadFailed"
  /** The charge point says so; the file went to a foreign address, or is not here for another reason. */
  | "uploaded"
  /** The file is here. */
  | "received"
  /** The address is over and nothing came. */
  | "expired";

/** What is known of a request. */
export interface DiagnosticsFacts {
  /** Of the GetDiagnostics command; undefined: it is under way. */
  readonly end: CommandEnd<ConfirmationOf<"GetDiagnostics">> | undefined;
  readonly status: UploadStatus | null;
  readonly isReceived: boolean;
  /** Nothing can come any more. */
  readonly isOver: boolean;
}

/** The state that follows from what is known. The file counts most, then what the charge point reports, then its answer. */
export function diagnosticsState(facts: DiagnosticsFacts): DiagnosticsState {
  const { status, isReceived, isOver } = facts;
  if (isReceived) return "received";
  if (status === "Uploaded") return "uploaded";
  if (status === "UploadFailed") return "uploadFailed";
  const state = status === "Uploading" ? "uploading" : answered(facts);
  const waits = state === "uploading" || state === "accepted" || state === "timedOut";
  return waits && isOver ? "expired" : state;
}

function answered({ end }: DiagnosticsFacts): DiagnosticsState {
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
 * The statuses that a reported one takes the place of. Uploaded is the end, so that a late Uploading changes nothing; after a failure it starts anew.
 * Undefined: it says nothing about an upload, as Idle, which only answers a trigger.
 */
export function replacedBy(reported: string): readonly (UploadStatus | null)[] | undefined {
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
