/**
 * The framing of OCPP-J (chapter 4): reads and writes CALL, CALLRESULT and CALLERROR. `decode` never throws: for an unreadable text it
 * returns the reason, and for a CALL with a readable id the CALLERROR to answer.
 */
import { type CallFault, fault } from "./errors.ts";
import { brokenBound } from "./json_bounds.ts";
import { replaceUnstorable, storableJson } from "./types/text.ts";

/** OCPP-J 4.1.4: a message id has at most 36 characters, enough for a UUID. */
export const MESSAGE_ID_MAX_LENGTH = 36;

/** A longer message id is not echoed, so that hostile input is not sent back. */
const ECHOED_ID_MAX_LENGTH = 255;

const CALL = 2;
const CALLRESULT = 3;
const CALLERROR = 4;

/** A request from either side. A missing or null payload is the empty object (OCPP-J 4.2.1). */
export interface Call {
  readonly type: "CALL";
  readonly id: string;
  readonly action: string;
  readonly payload: Record<string, unknown>;
  /** A framing error with a clear meaning. Tolerant validation accepts it; strict validation answers CALLERROR. */
  readonly framingDeviation?: "missingPayload" | "extraElements";
}

/** The successful answer to a CALL. `payload` is unchecked. */
export interface CallResult {
  readonly type: "CALLRESULT";
  readonly id: string;
  readonly payload: unknown;
}

/** The error answer to a CALL. Code and details are kept as received, because real charge points send any code. */
export interface CallError {
  readonly type: "CALLERROR";
  readonly id: string;
  readonly code: string;
  readonly description: string;
  readonly details: unknown;
}

/** A malformed CALL with a readable id. It must be answered, so that the charge point does not wait for its timeout. */
export interface FaultyCall {
  readonly type: "faulty";
  readonly id: string;
  readonly fault: CallFault;
}

/** A text that cannot be answered, because it has no readable id (OCPP-J 4.1.3: ignore). */
export interface Unreadable {
  readonly type: "unreadable";
  readonly why: string;
}

/** A message that can be sent. */
export type Message = Call | CallResult | CallError;
/** Every result of `decode`. */
export type Decoded = Message | FaultyCall | Unreadable;

/** The beginning of a CALL, to read the message id without parsing the text. */
const CALL_HEAD = /^\s*\[\s*2\s*,\s*"([^"\\]{1,36})"\s*,/;

/** Reads one WebSocket text message. */
export function decode(text: string): Decoded {
  const bound = brokenBound(text);
  if (bound) return beyondBounds(text, bound);
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return unreadable("not JSON");
  }
  if (!Array.isArray(frame)) return unreadable("not a JSON array");
  const [type, id] = frame;
  if (type !== CALL && type !== CALLRESULT && type !== CALLERROR) return unreadable("unknown message type");
  if (typeof id !== "string") return unreadable("message id is not a string");
  if (id.length > ECHOED_ID_MAX_LENGTH) return unreadable("message id is longer than 255 characters");
  if (type === CALL) return decodeCall(replaceUnstorable(id), frame);
  const storable = storableJson(text);
  return decodeAnswer(type, storable === text ? frame : JSON.parse(storable));
}

/** Every answer is stored, so its text is made storable here. The schema of the action checks the payload of a CALL. */
function decodeAnswer(type: typeof CALLRESULT | typeof CALLERROR, frame: unknown[]): CallResult | CallError {
  const id = String(frame[1]);
  if (type === CALLRESULT) return { type: "CALLRESULT", id, payload: frame[2] ?? {} };
  return {
    type: "CALLERROR",
    id,
    code: typeof frame[2] === "string" ? frame[2] : "GenericError",
    description: typeof frame[3] === "string" ? frame[3] : "",
    details: frame[4] ?? {},
  };
}

function decodeCall(id: string, frame: unknown[]): Call | FaultyCall {
  const [, , action, payload] = frame;
  const refuse = (why: string): FaultyCall => ({ type: "faulty", id, fault: fault("FormationViolation", why) });
  if (id === "") return refuse("The message id is empty");
  if (id.length > MESSAGE_ID_MAX_LENGTH) return refuse("The message id is longer than 36 characters");
  if (typeof action !== "string") return refuse("A CALL is [2, id, action, payload]; the action is not a string");
  if (payload !== undefined && payload !== null && (typeof payload !== "object" || Array.isArray(payload))) {
    return refuse("The payload of a CALL is a JSON object");
  }
  const framingDeviation = frame.length < 4 ? "missingPayload" : frame.length > 4 ? "extraElements" : undefined;
  return {
    type: "CALL",
    id,
    action,
    payload: (payload ?? {}) as Record<string, unknown>,
    ...(framingDeviation && { framingDeviation }),
  };
}

/** Answers a CALL that exceeds a limit, if its message id can be read. */
function beyondBounds(text: string, bound: string): FaultyCall | Unreadable {
  const id = CALL_HEAD.exec(text)?.[1];
  if (id === undefined) return unreadable(bound);
  return { type: "faulty", id: replaceUnstorable(id), fault: fault("FormationViolation", `The message has ${bound}`) };
}

function unreadable(why: string): Unreadable {
  return { type: "unreadable", why };
}

/** Writes one WebSocket text message. A CALLERROR always has five elements (OCPP-J 4.2.3). */
export function encode(message: Message): string {
  switch (message.type) {
    case "CALL":
      return JSON.stringify([CALL, message.id, message.action, message.payload]);
    case "CALLRESULT":
      return JSON.stringify([CALLRESULT, message.id, message.payload]);
    case "CALLERROR":
      return JSON.stringify([CALLERROR, message.id, message.code, message.description, message.details]);
  }
}
