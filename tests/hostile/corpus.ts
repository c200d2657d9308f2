/**
 * The collection of malformed frames, `frames.jsonl`: what a charge point sends and what becomes of it. Each line names the state it
 * starts from (`pre`), the answer that it gets (`expect`; in tolerant validation `expect.tolerant`, where there is one; `alt` is as good), and
 * what must be true afterwards (`expect.then`, `expect.effect`).
 */

/** The state that a line starts from. */
export type Before = "accepted" | "tx" | "new_pending" | "reconnected" | "cmd" | "tx_of_other_cp";

/** A WebSocket frame bit by bit. */
export interface ShapedFrame {
  readonly fin: 0 | 1;
  readonly op: number;
  readonly mask?: boolean;
  /** The three reserved bits as a number: 4 is RSV1. */
  readonly rsv?: number;
  readonly payload?: string;
  readonly payload_hex?: string;
  readonly payload_repeat?: readonly [string, number];
  readonly declared_len?: number;
}

/** What is sent, in one of several forms. */
export interface Sent {
  readonly text?: string;
  readonly seq?: readonly string[];
  readonly pipelined?: boolean;
  readonly parts?: readonly { readonly s?: string; readonly repeat?: string; readonly n?: number | string }[];
  readonly gen?: string;
  readonly binary_text?: string;
  readonly ws_raw?: ShapedFrame | readonly ShapedFrame[];
  readonly ws_raw_stream?: { readonly first: ShapedFrame; readonly then: ShapedFrame };
  readonly wait_s?: string;
}

/** One acceptable answer. */
export interface Answer {
  readonly reply?: Reply | readonly Reply[];
  readonly id?: string;
  readonly codes?: readonly string[];
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly conn?: "open" | "closed" | "any";
  readonly close?: readonly number[];
  readonly count?: number;
  readonly first?: string;
  readonly second?: readonly string[];
  readonly same_field?: string;
  readonly pong?: string;
}

export type Reply = "none" | "any" | "each" | "callresult" | "callerror";

/** What must hold whichever answer it was. */
export interface Expected extends Answer {
  readonly alt?: readonly Answer[];
  readonly tolerant?: Answer;
  readonly forbid_codes?: readonly string[];
  readonly max_reply_bytes?: number;
  readonly max_stall_ms?: number;
  readonly max_rss_growth_mb?: number;
  readonly effect?: Readonly<Record<string, number>>;
  readonly then?: Readonly<Record<string, unknown>>;
}

export interface Line {
  readonly id: string;
  readonly pre: Before;
  readonly send: Sent;
  readonly expect: Expected;
  readonly why: string;
}

/** Every line. */
export const LINES: readonly Line[] = (await Deno.readTextFile(new URL("./frames.jsonl", import.meta.url)))
  .trim().split("\n").map((line) => JSON.parse(line));

/** The answers that are right for a charge point of this validation. */
export function answersFor({ expect }: Line, validation: "tolerant" | "strict"): readonly Answer[] {
  const usual = validation === "tolerant" && expect.tolerant ? expect.tolerant : expect;
  return [usual, ...expect.alt ?? []];
}

/** What a line's placeholders stand for. */
export interface Values {
  readonly transactionId?: number;
  readonly messageId?: string;
  readonly maxMessageBytes: number;
}

/** The texts of a line that are sent as ordinary frames, one after the other. */
export function textsOf({ send }: Line, values: Values): string[] {
  const filled = (text: string) =>
    text.replaceAll("${NOW}", new Date().toISOString())
      .replaceAll("${TX}", String(values.transactionId))
      .replaceAll("${CSMSID}", String(values.messageId));
  if (send.text !== undefined) return [filled(send.text)];
  // A frame that is sent again is the same frame: one time for all of them.
  if (send.seq) return filled(send.seq.join("\n")).split("\n");
  if (send.gen) return [manyFields()];
  if (send.parts) {
    return [send.parts.map(({ s, repeat, n }) => s ?? repeat!.repeat(countOf(n!, values))).join("")];
  }
  throw new Error("This line is sent frame by frame");
}

function countOf(n: number | string, { maxMessageBytes }: Values): number {
  return n === "max_message+1" ? maxMessageBytes + 1 : Number(n);
}

/** The one generated line: a hundred thousand fields that nobody knows. */
function manyFields(): string {
  return `[2,"i15","Heartbeat",{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":1`).join(",")}}]`;
}
