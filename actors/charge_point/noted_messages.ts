/**
 * What is noted of the messages between one charge point and us: each with its pair, its command or transaction and what was wrong with
 * it. A CALL of the charge point is noted together with its answer, so that the charge point never waits for the log.
 */
import type { MessageProblem, MessageRow } from "../../db/messages.ts";
import type { Call, CallError, CallResult, FaultyCall, Unreadable } from "../../ocpp/message.ts";
import { AUTHORIZATION_KEY, MASK, maskSecrets } from "../../ocpp/secrets.ts";
import { replaceUnstorable } from "../../ocpp/types/text.ts";
import type { Clock } from "../runtime/clock.ts";

/** A frame of a charge point as it came. */
export interface Heard {
  readonly text: string;
  readonly at: Date;
}

/** What an answer of the charge point belongs to. */
export interface Replied {
  readonly action?: string;
  readonly commandId?: string;
  /** The command's request, for the transaction that it is about. */
  readonly request?: object;
  readonly latencyMs?: number;
  readonly problem?: MessageProblem;
}

/** A message before its payload is masked and written as JSON: `raw` is text that may not even be JSON. */
export interface Note extends Omit<MessageRow, "payload" | "cut" | "id"> {
  readonly content: { readonly value: unknown } | { readonly raw: string };
  /** Characters of the frame. */
  readonly weight: number;
}

/** Longer payloads are cut: the log answers why, the tables have the data. */
export const PAYLOAD_MAX_LENGTH = 16_384;

/** Ids and names that the sender chose are cut to this. */
const NAME_MAX_LENGTH = 255;

/** One connection's side of the message log. Nothing here waits. */
export class NotedMessages {
  /** `note` takes what was said, a CALL of the charge point together with its answer; undefined: nothing is noted. */
  constructor(
    readonly chargePoint: string,
    readonly clock: Clock,
    readonly note: ((...notes: readonly Note[]) => void) | undefined,
  ) {}

  /** A CALL was answered: `text` is on the wire. `problems` were found in the CALL. */
  answered(
    heard: Heard,
    call: Call | FaultyCall,
    answer: CallResult | CallError,
    text: string,
    problems: readonly MessageProblem[],
  ): void {
    if (!this.note) return;
    const known = call.type === "CALL";
    const at = this.clock.now();
    const both = {
      messageId: named(call.id),
      action: known ? named(call.action) : null,
      commandId: null,
      transactionId: known ? transactionOf(call.payload, answer) : null,
    };
    const content = known ? { value: call.payload } : { raw: heard.text };
    const found = problems.map(storable);
    const latencyMs = Math.max(0, at.getTime() - heard.at.getTime());
    const { type } = answer;
    const said = { direction: "out", at, type, weight: text.length, content: contentOf(answer) } as const;
    const { chargePoint } = this;
    this.note(
      { chargePoint, ...both, ...incoming(heard), type: "CALL", content, latencyMs: null, problems: found },
      { chargePoint, ...both, ...said, latencyMs, problems: [] },
    );
  }

  /** A frame was ignored. */
  ignored(heard: Heard, { why }: Unreadable): void {
    const nothing = { messageId: null, action: null, commandId: null, transactionId: null, latencyMs: null };
    const problems = [{ kind: "unreadable", detail: why }];
    this.#note({ ...nothing, ...incoming(heard), type: "unreadable", content: { raw: heard.text }, problems });
  }

  /** A CALL of ours is on the wire. */
  called({ id, action, payload }: Call, text: string, commandId: string): void {
    this.#note({
      direction: "out",
      at: this.clock.now(),
      type: "CALL",
      messageId: id,
      action,
      content: { value: payload },
      weight: text.length,
      latencyMs: null,
      commandId,
      transactionId: transactionOf(payload),
      problems: [],
    });
  }

  /** The charge point answered a CALL, or none that waits. */
  replied(heard: Heard, answer: CallResult | CallError, replied: Replied): void {
    const { action = null, commandId = null, request, latencyMs = null, problem } = replied;
    this.#note({
      ...incoming(heard),
      type: answer.type,
      messageId: named(answer.id),
      action,
      content: contentOf(answer),
      latencyMs,
      commandId,
      transactionId: transactionOf(request),
      problems: problem ? [storable(problem)] : [],
    });
  }

  #note(note: Omit<Note, "chargePoint">): void {
    this.note?.({ chargePoint: this.chargePoint, ...note });
  }
}

function incoming({ text, at }: Heard) {
  return { direction: "in", at, weight: text.length } as const;
}

function contentOf(answer: CallResult | CallError): { readonly value: unknown } {
  if (answer.type === "CALLRESULT") return { value: answer.payload };
  const { code, description, details } = answer;
  return { value: { code, description, details } };
}

/** An id or a name that the sender chose, as the database can store it. */
export function named(name: string): string {
  return replaceUnstorable(name.slice(0, NAME_MAX_LENGTH));
}

/** The sender of the payload spelled the places. */
function storable({ kind, detail }: MessageProblem): MessageProblem {
  return { kind, detail: named(detail) };
}

/** The transaction that a CALL names, or that its confirmation gave an id. */
function transactionOf(request: object = {}, answer?: CallResult | CallError): number | null {
  const { transactionId, csChargingProfiles } = request as Record<string, Record<string, unknown> | unknown>;
  const confirmed = answer?.type === "CALLRESULT"
    ? (answer.payload as Record<string, unknown>).transactionId
    : undefined;
  const inProfile = (csChargingProfiles as Record<string, unknown> | undefined)?.transactionId;
  const id = transactionId ?? inProfile ?? confirmed;
  return typeof id === "number" && Number.isInteger(id) && id > 0 && id < 2 ** 31 ? id : null;
}

/** The payload as JSON text without its secrets, cut when it is too long. */
export function writtenDown(content: Note["content"]): { payload: string; cut: boolean } {
  const shown = "raw" in content ? withoutSecrets(content.raw) : maskSecrets(content.value);
  const payload = JSON.stringify(shown ?? null);
  if (payload.length <= PAYLOAD_MAX_LENGTH) return { payload, cut: false };
  const text = typeof shown === "string" ? shown : payload;
  return { payload: JSON.stringify(`${text.slice(0, PAYLOAD_MAX_LENGTH)}…`.toWellFormed()), cut: true };
}

/** A frame that is no CALL of ours to read: as JSON where it is some, else as text, unless a secret may be anywhere in it. */
function withoutSecrets(text: string): unknown {
  try {
    // What would be cut anyway is not parsed.
    if (text.length <= PAYLOAD_MAX_LENGTH) return maskSecrets(JSON.parse(text));
  } catch { /* not JSON */ }
  return text.toLowerCase().includes(AUTHORIZATION_KEY.toLowerCase()) ? MASK : text;
}
