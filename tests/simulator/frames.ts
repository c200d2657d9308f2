/**
 * The frames of OCPP-J (chapter 4) as the simulator writes and reads them. Framed here a second time on purpose: tests
 * that used the product's own framing on both ends would only prove that it agrees with itself.
 */

/** A payload of either side. */
export type Payload = Record<string, unknown>;

/** What came, sorted by its message type; `unreadable` is ignored (OCPP-J 4.1.3). */
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

/** One text that crossed the wire. */
export interface Frame {
  readonly direction: "in" | "out";
  readonly at: Date;
  readonly text: string;
}

/** An answer of ours that is a CALLERROR. */
export class Fault {
  constructor(readonly code: string, readonly description = "", readonly details: Payload = {}) {}
}

/** How a CALL of the Central System is answered: a confirmation, a CALLERROR, or not at all. */
export type Answer = Payload | Fault | "silence";

/** Our CALL was answered with CALLERROR. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
  constructor(readonly action: string, readonly code: string, readonly description: string, readonly details: unknown) {
    super(`${action} was answered with CALLERROR ${code}${description && `: ${description}`}`);
  }
}

/** Our CALL was not answered within the time for that. */
export class CallTimedOut extends Error {
  override readonly name = "CallTimedOut";
  constructor(readonly action: string, timeoutMs: number) {
    super(`${action} was not answered within ${timeoutMs} ms`);
  }
}

/** The socket closed, or was never open, before our CALL was answered: its outcome is unknown. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor(readonly action: string) {
    super(`${action} has no answer: there is no connection`);
  }
}

/** `[2, id, action, payload]` */
export function callText(id: string, action: string, payload: Payload): string {
  return JSON.stringify([2, id, action, payload]);
}

/** `[3, id, payload]` or `[4, id, code, description, details]` */
export function answerText(id: string, answer: Payload | Fault): string {
  return answer instanceof Fault
    ? JSON.stringify([4, id, answer.code, answer.description, answer.details])
    : JSON.stringify([3, id, answer]);
}

/** Reads one text. Never throws. */
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
