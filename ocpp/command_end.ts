/**
 * How a command ended, derived from its state, its confirmation and its error. A late answer, which came after the command had ended, counts
 * like an answer in time, because the charge point did what the answer says.
 */
import { checkConfirmation } from "./check.ts";
import type { CallError, CallResult } from "./message.ts";
import { type ActionName, isActionName } from "./registry.ts";

/** The states of an operator's command: `queued`, then `sent`, then one of the others, which is final. */
export const COMMAND_STATES = [
  "queued",
  "sent",
  "answered",
  "callError",
  "invalidAnswer",
  "timedOut",
  "connectionLost",
  "unknown",
  "expired",
  "cancelled",
] as const;

/** One of the states above. */
export type CommandState = (typeof COMMAND_STATES)[number];

/** The error code of a command that ended as `connectionLost` before its CALL went out. */
export const NEVER_SENT = "NeverSent";

/** The fields of a command that decide how it ended. An absent field counts as unknown. */
export interface EndedCommand {
  readonly action: string;
  readonly state: CommandState;
  readonly confirmation?: object | null;
  readonly error?: { readonly code: string; readonly description?: string } | null;
  /** Null: the CALL was not sent. */
  readonly sentAt?: Date | null;
  /** `{ confirmation }` or `{ error }` from an answer that came after the command had ended. */
  readonly lateAnswer?: unknown;
}

/** What an answer of the charge point means. */
export type AnswerKind = "applied" | "refused" | "notSupported";

/** How a command ended, and what that says about the charge point. */
export interface CommandEnd<Confirmation extends object = object> {
  /**
   * `applied`: the charge point does what the CALL asks for. `refused`: it does not. `notSupported`: it does not know the action.
   * `doubtful`: the CALL was sent, and no answer says what the charge point did. `neverSent`: the CALL was not sent.
   */
  readonly kind: AnswerKind | "doubtful" | "neverSent";
  /** Null: the answer is a CALLERROR, or there is no readable answer. */
  readonly confirmation: Confirmation | null;
  /** The status of the confirmation, the code of the CALLERROR, or the state of a command without an answer. */
  readonly answer: string;
  /** The description of the CALLERROR; empty without a CALLERROR. */
  readonly description: string;
  /** Whether the answer came after the command had ended. */
  readonly isLate: boolean;
}

/** The statuses by which a charge point accepts a request. */
const POSITIVE_STATUSES: readonly unknown[] = [
  "Accepted",
  "AcceptedCanceled",
  "RebootRequired",
  "Scheduled",
  "Unlocked",
];

/** The statuses and error codes by which a charge point reports that it does not implement the request. */
const NOT_SUPPORTED: readonly unknown[] = ["NotSupported", "NotImplemented"];

/** An answer of the charge point in the form in which the command's row stores it. */
export interface Answered {
  readonly state: "answered" | "callError" | "invalidAnswer";
  readonly confirmation?: object;
  readonly error?: { readonly code: string; readonly description: string; readonly details: unknown };
}

/** The end of a command of this action when this message answers it in time. */
export function answeredWith(action: string, message: CallResult | CallError): Answered {
  if (message.type === "CALLERROR") {
    const { code, description, details } = message;
    return { state: "callError", error: { code, description, details } };
  }
  const { payload } = message;
  const checked = checkConfirmation(action as ActionName, payload);
  if (checked.ok) return { state: "answered", confirmation: payload as object };
  const { description } = checked.fault;
  return { state: "invalidAnswer", error: { code: "InvalidAnswer", description, details: { received: payload } } };
}

/** The part of a late answer that the command's row stores. `endOf` reads it. */
export function lateAnswerFrom(message: CallResult | CallError): object {
  if (message.type === "CALLRESULT") return { confirmation: message.payload };
  const { code, description, details } = message;
  return { error: { code, description, details } };
}

/** Whether a command waits to be sent or waits for its answer. */
export function isUnderWay({ state }: Pick<EndedCommand, "state">): boolean {
  return state === "queued" || state === "sent";
}

/** Whether the charge point gave a readable answer. */
export function isAnswered<End extends CommandEnd>(end: End): end is End & { readonly kind: AnswerKind } {
  return end.kind !== "doubtful" && end.kind !== "neverSent";
}

/** Whether the charge point answered that it does not carry out the command. */
export function isRefused(end: CommandEnd): boolean {
  return end.kind === "refused" || end.kind === "notSupported";
}

/** How a command ended, a late answer included; undefined while the command is under way. */
export function endOf<Confirmation extends object = object>(
  command: EndedCommand,
): CommandEnd<Confirmation> | undefined {
  if (isUnderWay(command)) return undefined;
  const late = lateAnswerOf(command);
  return { ...readAnswer(late ?? command) ?? unanswered(command), isLate: late !== undefined } as CommandEnd<
    Confirmation
  >;
}

type Answer = Pick<EndedCommand, "state" | "confirmation" | "error">;

/** Undefined: there is no late answer, or it is not a valid confirmation of this action. */
function lateAnswerOf({ action, lateAnswer }: EndedCommand): Answer | undefined {
  const { confirmation, error } = (lateAnswer ?? {}) as Pick<EndedCommand, "confirmation" | "error">;
  if (error) return { state: "callError", error };
  if (!confirmation || !isActionName(action) || !checkConfirmation(action, confirmation).ok) return undefined;
  return { state: "answered", confirmation };
}

function readAnswer({ state, confirmation, error }: Answer): Omit<CommandEnd, "isLate"> | undefined {
  if (state === "callError") {
    // OCPP-J errata 3.2: the charge point did not process a CALL that it answers with CALLERROR.
    const code = error?.code ?? state;
    const kind = NOT_SUPPORTED.includes(code) ? "notSupported" : "refused";
    return { kind, confirmation: null, answer: code, description: error?.description ?? "" };
  }
  if (state !== "answered") return undefined;
  const { status } = (confirmation ?? {}) as { status?: unknown };
  // A confirmation without a status field has no way to refuse.
  if (status === undefined || POSITIVE_STATUSES.includes(status)) {
    return answered("applied", confirmation, status ?? "Accepted");
  }
  return answered(NOT_SUPPORTED.includes(status) ? "notSupported" : "refused", confirmation, status);
}

function answered(kind: CommandEnd["kind"], confirmation: Answer["confirmation"], status: unknown) {
  return { kind, confirmation: confirmation ?? null, answer: String(status), description: "" };
}

function unanswered({ state, error, sentAt }: EndedCommand): Omit<CommandEnd, "isLate"> {
  const isUnsent = sentAt === null || error?.code === NEVER_SENT || state === "expired" || state === "cancelled";
  return { kind: isUnsent ? "neverSent" : "doubtful", confirmation: null, answer: state, description: "" };
}
