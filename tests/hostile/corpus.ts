/**
 * The collection of malformed frames, `frames.jsonl`. Each line has the state before it (`pre`), what the charge point sends (`send`), the expected
 * answer (`expect`, or `expect.tolerant` for tolerant validation; the answers in `alt` are also right), and what must hold afterwards
 * (`expect.then`, `expect.effect`).
 */

/** The state of the charge point before a line. */
export type StartState = "accepted" | "tx" | "new_pending" | "reconnected" | "cmd" | "tx_of_other_cp";

/** A WebSocket frame with all its header fields. */
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

/** What the charge point sends, in one of several forms. */
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

/** One right answer. */
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

/** The kind of a reply; `any` and `each` accept several. */
export type Reply = "none" | "any" | "each" | "callresult" | "callerror";

/** The expected answer, other right answers, and conditions that must hold for all of them. */
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

/** A line of the collection. */
export interface Line {
  readonly id: string;
  readonly pre: StartState;
  readonly send: Sent;
  readonly expect: Expected;
  readonly why: string;
}

/** All lines of the collection. */
export const LINES: readonly Line[] = (await Deno.readTextFile(new URL("./frames.jsonl", import.meta.url)))
  .trim().split("\n").map((line) => JSON.parse(line));

/** The right answers for a charge point with this validation. */
export function answersFor({ expect }: Line, validation: "tolerant" | "strict"): readonly Answer[] {
  const expected = validation === "tolerant" && expect.tolerant ? expect.tolerant : expect;
  return [expected, ...expect.alt ?? []];
}

/** The values for the placeholders of a line. */
export interface Values {
  readonly transactionId?: number;
  readonly messageId?: string;
  readonly maxMessageBytes: number;
}

/** The texts of a line, which are sent as text frames in this order. */
export function textsOf({ send }: Line, values: Values): string[] {
  const filled = (text: string) =>
    text.replaceAll("${NOW}", new Date().toISOString())
      .replaceAll("${TX}", String(values.transactionId))
      .replaceAll("${CSMSID}", String(values.messageId));
  if (send.text !== undefined) return [filled(send.text)];
  // All frames of a sequence get the same time, because a frame that is sent again must be identical.
  if (send.seq) return filled(send.seq.join("\n")).split("\n");
  if (send.gen) return [manyFields()];
  if (send.parts) {
    return [send.parts.map(({ s, repeat, n }) => s ?? repeat!.repeat(countOf(n!, values))).join("")];
  }
  throw new Error("This line has WebSocket frames instead of texts");
}

function countOf(n: number | string, { maxMessageBytes }: Values): number {
  return n === "max_message+1" ? maxMessageBytes + 1 : Number(n);
}

/** The text of the generated line: a Heartbeat with 100,000 unknown fields. */
function manyFields(): string {
  return `[2,"i15","Heartbeat",{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":1`).join(",")}}]`;
}
