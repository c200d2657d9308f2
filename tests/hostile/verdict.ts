/**
 * Is this what a line of the collection wants? Answers a sentence about what is wrong, or undefined. Reads frames with its own eyes:
 * the product's reader is what is being tested.
 */
import type { Answer, Expected, Reply } from "./corpus.ts";

/** What became of a line: the texts that came back in order, and how the connection fared. */
export interface Outcome {
  readonly replies: readonly string[];
  /** `open`: it answered a heartbeat afterwards. */
  readonly conn: "open" | "closed";
  readonly closeCode?: number;
  readonly pong?: string;
}

/** What is wrong with an outcome when this is the answer that is wanted. */
export function mismatch(answer: Answer, outcome: Outcome): string | undefined {
  const { conn = "any" } = answer;
  if (conn !== "any" && conn !== outcome.conn) return `the connection is ${outcome.conn}`;
  if (outcome.conn === "closed" && answer.close && !answer.close.includes(outcome.closeCode ?? 1006)) {
    return `the connection was closed with ${outcome.closeCode}`;
  }
  if (answer.pong !== undefined && outcome.pong !== answer.pong) return `the pong is ${outcome.pong}`;
  return replyMismatch(answer, outcome.replies);
}

/** What is wrong with the replies whichever answer they are. */
export function excess(expected: Expected, { replies }: Outcome): string | undefined {
  for (const text of replies) {
    const code = String(JSON.parse(text)[2]);
    if (expected.forbid_codes?.includes(code)) return `the code ${code} is forbidden here`;
    if (text.length > (expected.max_reply_bytes ?? 4096)) return `the reply has ${text.length} bytes`;
  }
  return undefined;
}

function replyMismatch(answer: Answer, replies: readonly string[]): string | undefined {
  const wanted = [answer.reply ?? "any"].flat() as Reply[];
  if (wanted.includes("none")) return replies.length === 0 ? undefined : "there is a reply";
  if (wanted.includes("each")) return eachMismatch(answer, replies);
  if (replies.length !== 1) return `there are ${replies.length} replies`;
  const [type, id, third, , details] = JSON.parse(replies[0]!);
  const kind = kindOf(type);
  if (!wanted.includes("any") && !wanted.includes(kind)) return `the reply is a ${kind}`;
  if (answer.id !== undefined && answer.id !== "*" && id !== answer.id) return `the reply's id is ${id}`;
  if (kind === "callresult") return answer.payload && payloadMismatch(answer.payload, third, "payload");
  if (typeof details !== "object" || details === null) return "a CALLERROR has details";
  return answer.codes && !answer.codes.includes(third) ? `the code is ${third}` : undefined;
}

function eachMismatch(answer: Answer, replies: readonly string[]): string | undefined {
  const frames = replies.map((text) => JSON.parse(text));
  if (frames.length !== answer.count) return `there are ${frames.length} replies`;
  const kinds = frames.map(([type]) => kindOf(type));
  if (answer.first !== undefined && kinds[0] !== answer.first) return `the first reply is a ${kinds[0]}`;
  if (answer.second && !answer.second.includes(kinds[1]!)) return `the second reply is a ${kinds[1]}`;
  if (answer.id !== undefined && frames.some(([, id]) => id !== answer.id)) return "the ids differ";
  const field = answer.same_field;
  const values = field === undefined ? [] : frames.map(([, , payload]) => payload[field]);
  return new Set(values).size > 1 || values.includes(undefined) ? `${field} is ${values}` : undefined;
}

function kindOf(type: number): Reply {
  return type === 3 ? "callresult" : "callerror";
}

/** An empty wanted payload is an empty payload; otherwise what is not named may be there. */
function payloadMismatch(wanted: object, found: unknown, place: string): string | undefined {
  if (typeof found !== "object" || found === null) return `${place} is ${found}`;
  const names = Object.keys(wanted);
  if (names.length === 0 && Object.keys(found).length > 0) return `${place} is not empty`;
  for (const name of names) {
    const [one, other] = [Reflect.get(wanted, name), Reflect.get(found, name)];
    const inside = `${place}.${name}`;
    const wrong = typeof one === "object" ? payloadMismatch(one, other, inside) : valueMismatch(one, other, inside);
    if (wrong) return wrong;
  }
  return undefined;
}

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  "int": Number.isSafeInteger,
  "int>0": (value) => Number.isSafeInteger(value) && Number(value) > 0,
  "int>=0": (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  "iso": (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
};

function valueMismatch(wanted: unknown, found: unknown, place: string): string | undefined {
  const kind = KINDS[String(wanted)];
  const fits = kind ? kind(found) : String(wanted).split("|").includes(String(found));
  return fits ? undefined : `${place} is ${JSON.stringify(found)}`;
}
