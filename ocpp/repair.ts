/**
 * What tolerant validation does about one issue: the rules for what real charge points send wrongly. Each rule keeps the meaning that
 * the sender evidently had, and what has no evident meaning is left to the caller, who may only do without it.
 */
import { z } from "zod";
import type { DeviationKind } from "./deviation.ts";
import type { Issue } from "./issue.ts";
import { replaceUnstorable } from "./types/text.ts";

/** Whose payload it is: a charge point's request, one that starts or stops a transaction, or the answer to a CALL of ours. */
export type Side = "request" | "transaction" | "confirmation";

/** A change that gives the value a clear meaning. `keep` leaves it although the schema does not want it. */
export type Mending =
  | { readonly change: "keep" | "remove"; readonly kind: DeviationKind }
  | { readonly change: "set"; readonly kind: DeviationKind; readonly to: unknown }
  | { readonly change: "removeFields"; readonly kind: "unknownField"; readonly fields: readonly string[] };

/** More unknown fields than this in one object is not a vendor's extension. */
const MAX_UNKNOWN_FIELDS = 32;

/** Unknown words and overlong idTags become part of unique keys in the database, whose size is limited. */
const WORD_MAX_LENGTH = 100;

/** What to do about an issue. `unreadable`: only doing without it helps; `fault`: not even that. */
export function mend(issue: Issue, value: unknown, side: Side, optional: boolean): Mending | "unreadable" | "fault" {
  if (issue.code === "unrecognized_keys") return withoutUnknownFields(issue.keys);
  if (value === null && optional) return { change: "remove", kind: "nullField" };
  switch (issue.code) {
    case "invalid_type":
      return otherType(issue, value);
    case "invalid_value":
      return otherWord(value, side, optional);
    case "too_big":
    case "too_small":
      if (issue.origin === "array") return { change: "keep", kind: "emptyList" };
      return typeof value === "string" ? tooLong(issue, value, side) : outOfRange(value);
    case "custom":
      return ofOurOwn(issue, value);
    default:
      return "unreadable";
  }
}

function withoutUnknownFields(fields: readonly string[]): Mending | "fault" {
  // JSON.parse makes `__proto__` an ordinary field; nobody sends it by mistake.
  if (fields.length > MAX_UNKNOWN_FIELDS || fields.includes("__proto__")) return "fault";
  return { change: "removeFields", kind: "unknownField", fields };
}

function otherType(issue: Issue, value: unknown): Mending | "unreadable" {
  const field = issue.path.at(-1);
  if (value === undefined) {
    // A meter value without its time was taken about now; StartTransaction and StopTransaction have theirs at the top.
    const timeOfSamples = field === "timestamp" && issue.path.length > 1;
    return timeOfSamples ? { change: "set", kind: "badTimestamp", to: "" } : "unreadable";
  }
  if (field === "value" && (typeof value === "number" || typeof value === "boolean")) {
    return { change: "set", kind: "numberAsText", to: String(value) };
  }
  if (field === "data") return asJson(value);
  if ((field === "meterStart" || field === "meterStop") && typeof value === "number" && Number.isFinite(value)) {
    return { change: "set", kind: "fraction", to: Math.trunc(value) };
  }
  return "unreadable";
}

function asJson(value: unknown): Mending | "unreadable" {
  try {
    return { change: "set", kind: "objectAsText", to: JSON.stringify(value) };
  } catch {
    return "unreadable"; // nested deeper than the stack
  }
}

/** A word outside its enumeration. Of an answer to us we must know what it means; what is reported can be kept as it is. */
function otherWord(value: unknown, side: Side, optional: boolean): Mending | "unreadable" {
  if (typeof value !== "string" || side === "confirmation") return "unreadable";
  if (value === "" && optional) return { change: "remove", kind: "unknownValue" };
  const word = replaceUnstorable(value.slice(0, WORD_MAX_LENGTH));
  return word === value ? { change: "keep", kind: "unknownValue" } : { change: "set", kind: "unknownValue", to: word };
}

function tooLong(issue: Issue, value: string, side: Side): Mending | "unreadable" {
  if (issue.code !== "too_big") return "unreadable";
  // Nothing is decided by an answer's text, so it may as well be shown whole.
  if (side === "confirmation") return { change: "keep", kind: "tooLong" };
  const isIdTag = issue.path.at(-1) === "idTag";
  if (isIdTag && side !== "transaction") return "unreadable";
  const maximum = isIdTag ? WORD_MAX_LENGTH : Number(issue.maximum);
  const clipped = [...value.slice(0, 2 * maximum)].slice(0, maximum).join("");
  return clipped === value ? { change: "keep", kind: "tooLong" } : { change: "set", kind: "tooLong", to: clipped };
}

function outOfRange(value: unknown): Mending | "unreadable" {
  if (typeof value !== "number") return "unreadable";
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return { change: "keep", kind: "outOfRange" };
  // No id of ours is that large, so 2^63−1 for a lost transactionId stays what it was: unknown.
  return { change: "set", kind: "outOfRange", to: Math.sign(value) * Number.MAX_SAFE_INTEGER };
}

/** Checks of our own say themselves what kind of deviation they found. */
function ofOurOwn(issue: Issue & { code: "custom" }, value: unknown): Mending | "unreadable" {
  const kind = issue.params?.deviation;
  if (kind === "badTimestamp" || kind === "zonelessTimestamp") return { change: "keep", kind };
  if (kind === "unstorableText") return { change: "set", kind, to: replaceUnstorable(String(value)) };
  return "unreadable";
}

/** Whether the schema lets the field at this place be absent. */
export function isOptional(schema: z.ZodType, path: readonly PropertyKey[]): boolean {
  return schemaAt(schema, path) instanceof z.ZodOptional;
}

/** The nearest place at or above a path that a payload can do without: an optional field or an entry of a list. */
export function enclosingDispensable(schema: z.ZodType, path: readonly PropertyKey[]): PropertyKey[] | undefined {
  for (let length = path.length; length > 0; length--) {
    const place = path.slice(0, length);
    if (typeof place.at(-1) === "number" || isOptional(schema, place)) return place;
  }
  return undefined;
}

function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): unknown {
  let found: unknown = schema;
  for (const step of path) {
    const inner = found instanceof z.ZodOptional ? found.unwrap() : found;
    if (inner instanceof z.ZodObject) found = inner.shape[String(step)];
    else if (inner instanceof z.ZodArray) found = inner.element;
    else return undefined;
  }
  return found;
}
