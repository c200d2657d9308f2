/**
 * Compares the replies to a line with the expected answers. The functions return a sentence about the difference, or undefined. They do not use the
 * product's code for reading frames, because it is what the tests check.
 */
import type { Answer, Expected, Reply } from "./corpus.ts";

/** The replies to a line in their order, and the state of the connection. */
export interface Outcome {
  readonly replies: readonly string[];
  /** `open`: a Heartbeat was answered after the line. */
  readonly conn: "open" | "closed";
  readonly closeCode?: number;
  readonly pong?: string;
}

/** The difference between an outcome and one right answer. */
export function mismatch(answer: Answer, outcome: Outcome): string | undefined {
  const { conn = "any" } = answer;
  if (conn !== "any" && conn !== outcome.conn) return `the connection is ${outcome.conn}`;
  if (outcome.conn === "closed" && answer.close && !answer.close.includes(outcome.closeCode ?? 1006)) {
    return `the connection was closed with ${outcome.closeCode}`;
  }
  if (answer.pong !== undefined && outcome.pong !== answer.pong) return `the pong is ${outcome.pong}`;
  return replyMismatch(answer, outcome.replies);
}

/** The violation of the limits that hold for all answers: forbidden codes and the length of replies. */
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
  if (typeof details !== "object" || details === null) return "the CALLERROR has no details";
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

/** An empty `wanted` requires an empty payload; else fields that are not in `wanted` are allowed. */
function payloadMismatch(wanted: object, found: unknown, place: string): string | undefined {
  if (typeof found !== "object" || found === null) return `${place} is ${found}`;
  const names = Object.keys(wanted);
  if (names.length === 0 && Object.keys(found).length > 0) return `${place} is not empty`;
  for (const name of names) {
    const [expected, actual] = [Reflect.get(wanted, name), Reflect.get(found, name)];
    const inside = `${place}.${name}`;
    const compare = typeof expected === "object" ? payloadMismatch : valueMismatch;
    const wrong = compare(expected, actual, inside);
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
