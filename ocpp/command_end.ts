/**
 * How a command ended: the one reading of its state, its confirmation and its error. An answer that came after the command had ended counts
 * like one in time, because the charge point did what it says.
 */
import { checkConfirmation } from "./check.ts";
import type { CallError, CallResult } from "./message.ts";
import { type ActionName, isActionName } from "./registry.ts";

/** The life of an operator's command: queued, sent, then one of the others for good. */
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

/** As much of a command as tells how it ended. What is absent was not looked up, and counts as unknown. */
export interface EndedCommand {
  readonly action: string;
  readonly state: CommandState;
  readonly confirmation?: object | null;
  readonly error?: { readonly code: string; readonly description?: string } | null;
  /** Null: the CALL did not go out. */
  readonly sentAt?: Date | null;
  /** `{ confirmation }` or `{ error }` that came after the command had ended. */
  readonly lateAnswer?: unknown;
}

/** What an answer of the charge point means. */
export type AnswerKind = "applied" | "refused" | "notSupported";

/** What the end of a command says of the charge point. */
export interface CommandEnd<Confirmation extends object = object> {
  /**
   * `applied`: the charge point does what it was asked to do. `refused`: it does not, and `notSupported`: it never will. `doubtful`: the CALL
   * went out and no answer tells what the charge point did. `neverSent`: the charge point never saw the CALL.
   */
  readonly kind: AnswerKind | "doubtful" | "neverSent";
  /** Null: a CALLERROR, or no answer that could be read. */
  readonly confirmation: Confirmation | null;
  /** The status of the confirmation, the code of the CALLERROR, or the state of a command without an answer. */
  readonly answer: string;
  /** What a CALLERROR says besides its code; empty without one. */
  readonly description: string;
  /** Whether the answer came after the command had ended. */
  readonly isLate: boolean;
}

/** Statuses of a confirmation that all say yes. */
const YES: readonly unknown[] = ["Accepted", "AcceptedCanceled", "RebootRequired", "Scheduled", "Unlocked"];

/** Statuses and error codes by which a charge point says that it does not know this at all. */
const NOT_SUPPORTED: readonly unknown[] = ["NotSupported", "NotImplemented"];

/** An answer of the charge point as the command's row keeps it. */
export interface Answered {
  readonly state: "answered" | "callError" | "invalidAnswer";
  readonly confirmation?: object;
  readonly error?: { readonly code: string; readonly description: string; readonly details: unknown };
}

/** How a command of this action ends that is answered with this message in time. */
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

/** What is kept of an answer that comes after the command has ended: `endOf` reads it. */
export function lateAnswerFrom(message: CallResult | CallError): object {
  if (message.type === "CALLRESULT") return { confirmation: message.payload };
  const { code, description, details } = message;
  return { error: { code, description, details } };
}

/** Whether a command has not ended. */
export function isUnderWay({ state }: Pick<EndedCommand, "state">): boolean {
  return state === "queued" || state === "sent";
}

/** Whether the charge point has answered in a way that can be read. */
export function isAnswered<End extends CommandEnd>(end: End): end is End & { readonly kind: AnswerKind } {
  return end.kind !== "doubtful" && end.kind !== "neverSent";
}

/** Whether the charge point has said that it does not do it. */
export function isRefused(end: CommandEnd): boolean {
  return end.kind === "refused" || end.kind === "notSupported";
}

/** Reads how a command ended, a late answer included; undefined while it is under way. */
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

/** Undefined: no answer came late, or it is no answer to this action. */
function lateAnswerOf({ action, lateAnswer }: EndedCommand): Answer | undefined {
  const { confirmation, error } = (lateAnswer ?? {}) as Pick<EndedCommand, "confirmation" | "error">;
  if (error) return { state: "callError", error };
  if (!confirmation || !isActionName(action) || !checkConfirmation(action, confirmation).ok) return undefined;
  return { state: "answered", confirmation };
}

function readAnswer({ state, confirmation, error }: Answer): Omit<CommandEnd, "isLate"> | undefined {
  if (state === "callError") {
    // OCPP-J errata 3.2: a CALL that is answered with CALLERROR was not processed.
    const code = error?.code ?? state;
    const kind = NOT_SUPPORTED.includes(code) ? "notSupported" : "refused";
    return { kind, confirmation: null, answer: code, description: error?.description ?? "" };
  }
  if (state !== "answered") return undefined;
  const { status } = (confirmation ?? {}) as { status?: unknown };
  // A confirmation without a status can only say yes.
  if (status === undefined || YES.includes(status)) return answered("applied", confirmation, status ?? "Accepted");
  return answered(NOT_SUPPORTED.includes(status) ? "notSupported" : "refused", confirmation, status);
}

function answered(kind: CommandEnd["kind"], confirmation: Answer["confirmation"], status: unknown) {
  return { kind, confirmation: confirmation ?? null, answer: String(status), description: "" };
}

function unanswered({ state, error, sentAt }: EndedCommand): Omit<CommandEnd, "isLate"> {
  const isUnsent = sentAt === null || error?.code === NEVER_SENT || state === "expired" || state === "cancelled";
  return { kind: isUnsent ? "neverSent" : "doubtful", confirmation: null, answer: state, description: "" };
}
