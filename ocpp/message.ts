/**
 * The framing of OCPP-J (chapter 4): CALL, CALLRESULT and CALLERROR between text and objects. `decode` never throws;
 * what it cannot read comes back with the reason and, where an id could be read from a CALL, with the CALLERROR to answer.
 */
import { type CallFault, fault } from "./errors.ts";
import { brokenBound } from "./json_bounds.ts";
import { replaceUnstorable, storableJson } from "./types/text.ts";

/** OCPP-J 4.1.4: a message id has at most 36 characters, enough for a UUID. */
export const MESSAGE_ID_MAX_LENGTH = 36;

/** Ids above this length are not echoed: an answer must not amplify what a stranger sends. */
const ECHOED_ID_MAX_LENGTH = 255;

const CALL = 2;
const CALLRESULT = 3;
const CALLERROR = 4;

/** A request, either way. A missing or null payload is the empty object (OCPP-J 4.2.1). */
export interface Call {
  readonly type: "CALL";
  readonly id: string;
  readonly action: string;
  readonly payload: Record<string, unknown>;
  /** Framing mistakes that were overlooked because the meaning is clear; strict charge points get a CALLERROR instead. */
  readonly oddity?: "missingPayload" | "extraElements";
}

/** The good answer to a CALL. `payload` is unchecked. */
export interface CallResult {
  readonly type: "CALLRESULT";
  readonly id: string;
  readonly payload: unknown;
}

/** The bad answer to a CALL. Code and details are kept as they came: real charge points send anything. */
export interface CallError {
  readonly type: "CALLERROR";
  readonly id: string;
  readonly code: string;
  readonly description: string;
  readonly details: unknown;
}

/** A CALL that cannot be understood although its id can: it must be answered, so that the sender does not wait. */
export interface FaultyCall {
  readonly type: "faulty";
  readonly id: string;
  readonly fault: CallFault;
}

/** Nothing that could be answered (OCPP-J 4.1.3: ignore). */
export interface Unreadable {
  readonly type: "unreadable";
  readonly why: string;
}

export type Message = Call | CallResult | CallError;
export type Decoded = Message | FaultyCall | Unreadable;

/** The beginning of a CALL, for one that is not going to be parsed. */
const CALL_HEAD = /^\s*\[\s*2\s*,\s*"([^"\\]{1,36})"\s*,/;

/** Reads one WebSocket text. */
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

/** Answers are kept whatever they say, so they are made storable here; the payload of a CALL is left to its schema. */
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
  const oddity = frame.length < 4 ? "missingPayload" : frame.length > 4 ? "extraElements" : undefined;
  return { type: "CALL", id, action, payload: (payload ?? {}) as Record<string, unknown>, ...(oddity && { oddity }) };
}

/** Too much to look at; whoever waits for an answer gets one. */
function beyondBounds(text: string, bound: string): FaultyCall | Unreadable {
  const id = CALL_HEAD.exec(text)?.[1];
  if (id === undefined) return unreadable(bound);
  return { type: "faulty", id: replaceUnstorable(id), fault: fault("FormationViolation", `The message has ${bound}`) };
}

function unreadable(why: string): Unreadable {
  return { type: "unreadable", why };
}

/** Writes one WebSocket text. CALLERROR always has its five elements (OCPP-J 4.2.3). */
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
