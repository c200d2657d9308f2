/**
 * Reading and writing of OCPP-J frames (chapter 4). The simulator does not use the product's code for this on purpose: with the same code at both ends,
 * tests would not find its mistakes.
 */

/** The payload of a request or a confirmation. */
export type Payload = Record<string, unknown>;

/** A received frame by its message type; `unreadable` frames are ignored (OCPP-J 4.1.3). */
export type Incoming =
  | { readonly kind: "call"; readonly id: string; readonly action: string; readonly payload: Payload }
  | { readonly kind: "result"; readonly id: string; readonly payload: Payload }
  | {
    readonly kind: "error";
    readonly id: string;
    readonly code: string;
    readonly description: string;
    readonly details: unknown;
  }
  | { readonly kind: "unreadable" };

/** A sent or received text. */
export interface Frame {
  readonly direction: "in" | "out";
  readonly at: Date;
  readonly text: string;
}

/** An answer of the charge point with a CALLERROR. */
export class Fault {
  constructor(readonly code: string, readonly description = "", readonly details: Payload = {}) {}
}

/** The answer to a CALL of the Central System: a confirmation, a CALLERROR, or none (`silence`). */
export type Answer = Payload | Fault | "silence";

/** A CALL of the charge point was answered with CALLERROR. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
  constructor(readonly action: string, readonly code: string, readonly description: string, readonly details: unknown) {
    super(`${action} was answered with CALLERROR ${code}${description && `: ${description}`}`);
  }
}

/** A CALL of the charge point was not answered in time. */
export class CallTimedOut extends Error {
  override readonly name = "CallTimedOut";
  constructor(readonly action: string, timeoutMs: number) {
    super(`${action} was not answered within ${timeoutMs} ms`);
  }
}

/** The connection ended before a CALL of the charge point was answered, or there was none: the outcome of the CALL is unknown. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor(readonly action: string) {
    super(`${action} was not answered: there is no connection`);
  }
}

/** The text of a CALL: `[2, id, action, payload]`. */
export function callText(id: string, action: string, payload: Payload): string {
  return JSON.stringify([2, id, action, payload]);
}

/** The text of a CALLRESULT, `[3, id, payload]`, or a CALLERROR, `[4, id, code, description, details]`. */
export function answerText(id: string, answer: Payload | Fault): string {
  return answer instanceof Fault
    ? JSON.stringify([4, id, answer.code, answer.description, answer.details])
    : JSON.stringify([3, id, answer]);
}

/** Reads a received text. Never throws. */
export function readFrame(text: string): Incoming {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: "unreadable" };
  }
  if (!Array.isArray(frame) || typeof frame[1] !== "string") return { kind: "unreadable" };
  const [type, id, third, fourth, fifth] = frame;
  if (type === 2 && typeof third === "string" && isPayload(fourth)) {
    return { kind: "call", id, action: third, payload: fourth };
  }
  if (type === 3 && isPayload(third)) return { kind: "result", id, payload: third };
  if (type === 4 && typeof third === "string") {
    return { kind: "error", id, code: third, description: String(fourth ?? ""), details: fifth ?? {} };
  }
  return { kind: "unreadable" };
}

function isPayload(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
