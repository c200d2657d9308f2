/**
 * The message log's side of one connection: makes an entry of each message, with its action, command, transaction and problems. A CALL of the charge point is
 * entered together with its answer, so that the charge point never waits for the log.
 */
import type { MessageProblem, MessageRow } from "../../db/messages.ts";
import type { Call, CallError, CallResult, FaultyCall, Unreadable } from "../../ocpp/message.ts";
import { AUTHORIZATION_KEY, MASK, maskSecrets } from "../../ocpp/secrets.ts";
import { replaceUnstorable } from "../../ocpp/types/text.ts";
import type { Clock } from "../runtime/clock.ts";

/** A text frame of a charge point, with its time of arrival. */
export interface Frame {
  readonly text: string;
  readonly at: Date;
}

/** The CALL and command to which an answer of the charge point belongs. */
export interface Replied {
  readonly action?: string;
  readonly commandId?: string;
  /** The command's request, in which the transactionId may be. */
  readonly request?: object;
  readonly latencyMs?: number;
  readonly problem?: MessageProblem;
}

/** An entry before its payload is masked and turned into JSON. `raw` is text that may not be JSON. */
export interface Note extends Omit<MessageRow, "payload" | "cut" | "id"> {
  readonly content: { readonly value: unknown } | { readonly raw: string };
  /** Characters of the frame. */
  readonly weight: number;
}

/** Longer payloads are cut; the data itself is in other tables. */
export const PAYLOAD_MAX_LENGTH = 16_384;

/** Longer message ids and action names of clients are cut. */
const NAME_MAX_LENGTH = 255;

/** Makes the entries of one connection; no method waits. */
export class NotedMessages {
  /** `note` gets the entries; undefined: the message log is off. */
  constructor(
    readonly chargePoint: string,
    readonly clock: Clock,
    readonly note: ((...notes: readonly Note[]) => void) | undefined,
  ) {}

  /** A CALL of the charge point was answered with `text`. `problems` were found in the CALL. */
  answered(
    frame: Frame,
    call: Call | FaultyCall,
    answer: CallResult | CallError,
    text: string,
    problems: readonly MessageProblem[],
  ): void {
    if (!this.note) return;
    const known = call.type === "CALL";
    const at = this.clock.now();
    const both = {
      messageId: storableName(call.id),
      action: known ? storableName(call.action) : null,
      commandId: null,
      transactionId: known ? transactionOf(call.payload, answer) : null,
    };
    const content = known ? { value: call.payload } : { raw: frame.text };
    const found = problems.map(storable);
    const latencyMs = Math.max(0, at.getTime() - frame.at.getTime());
    const { type } = answer;
    const reply = { direction: "out", at, type, weight: text.length, content: contentOf(answer) } as const;
    const { chargePoint } = this;
    this.note(
      { chargePoint, ...both, ...incoming(frame), type: "CALL", content, latencyMs: null, problems: found },
      { chargePoint, ...both, ...reply, latencyMs, problems: [] },
    );
  }

  /** An unreadable frame was ignored. */
  ignored(frame: Frame, { why }: Unreadable): void {
    const nothing = { messageId: null, action: null, commandId: null, transactionId: null, latencyMs: null };
    const problems = [{ kind: "unreadable", detail: why }];
    this.#note({ ...nothing, ...incoming(frame), type: "unreadable", content: { raw: frame.text }, problems });
  }

  /** The Central System sent a CALL. */
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

  /** The charge point sent a CALLRESULT or CALLERROR. */
  replied(frame: Frame, answer: CallResult | CallError, replied: Replied): void {
    const { action = null, commandId = null, request, latencyMs = null, problem } = replied;
    this.#note({
      ...incoming(frame),
      type: answer.type,
      messageId: storableName(answer.id),
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

function incoming({ text, at }: Frame) {
  return { direction: "in", at, weight: text.length } as const;
}

function contentOf(answer: CallResult | CallError): { readonly value: unknown } {
  if (answer.type === "CALLRESULT") return { value: answer.payload };
  const { code, description, details } = answer;
  return { value: { code, description, details } };
}

/** A message id or action name of a client, cut and without characters that the database cannot store. */
export function storableName(name: string): string {
  return replaceUnstorable(name.slice(0, NAME_MAX_LENGTH));
}

/** The detail may contain member names from the payload. */
function storable({ kind, detail }: MessageProblem): MessageProblem {
  return { kind, detail: storableName(detail) };
}

/** The transactionId in a request, or in the confirmation of StartTransaction. */
function transactionOf(request: object = {}, answer?: CallResult | CallError): number | null {
  const { transactionId, csChargingProfiles } = request as Record<string, Record<string, unknown> | unknown>;
  const confirmed = answer?.type === "CALLRESULT"
    ? (answer.payload as Record<string, unknown>).transactionId
    : undefined;
  const inProfile = (csChargingProfiles as Record<string, unknown> | undefined)?.transactionId;
  const id = transactionId ?? inProfile ?? confirmed;
  return typeof id === "number" && Number.isInteger(id) && id > 0 && id < 2 ** 31 ? id : null;
}

/** The payload as JSON text, with masked secrets, and cut if it is too long. */
export function storablePayload(content: Note["content"]): { payload: string; cut: boolean } {
  const shown = "raw" in content ? withoutSecrets(content.raw) : maskSecrets(content.value);
  const payload = JSON.stringify(shown ?? null);
  if (payload.length <= PAYLOAD_MAX_LENGTH) return { payload, cut: false };
  const text = typeof shown === "string" ? shown : payload;
  return { payload: JSON.stringify(`${text.slice(0, PAYLOAD_MAX_LENGTH)}…`.toWellFormed()), cut: true };
}

/** An unreadable frame: as JSON if it is JSON, else as text. The text is masked completely if it may contain a secret. */
function withoutSecrets(text: string): unknown {
  try {
    // A text that will be cut is not parsed, to save time.
    if (text.length <= PAYLOAD_MAX_LENGTH) return maskSecrets(JSON.parse(text));
  } catch { /* not JSON */ }
  return text.toLowerCase().includes(AUTHORIZATION_KEY.toLowerCase()) ? MASK : text;
}
