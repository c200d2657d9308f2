/**
 * The rules of tolerant validation for one issue, made for errors that real charge points make. A rule keeps the evident meaning of a value.
 * Without an evident meaning the value is `unreadable`, and the caller may only remove it.
 */
import { z } from "zod";
import type { DeviationKind } from "./deviation.ts";
import type { Issue } from "./issue.ts";
import { replaceUnstorable } from "./types/text.ts";

/** The kind of payload: a request, a request that starts or stops a transaction, or the answer to a CALL of the Central System. */
export type Side = "request" | "transaction" | "confirmation";

/** A change that gives a value a clear meaning. `keep` tolerates the value as it is. */
export type Repair =
  | { readonly change: "keep" | "remove"; readonly kind: DeviationKind }
  | { readonly change: "set"; readonly kind: DeviationKind; readonly to: unknown }
  | { readonly change: "removeFields"; readonly kind: "unknownField"; readonly fields: readonly string[] };

/** A vendor's extension does not have more unknown fields in one object. */
const MAX_UNKNOWN_FIELDS = 32;

/** Unknown values and idTags become part of unique keys in the database, whose size is limited. */
const WORD_MAX_LENGTH = 100;

/** The repair of an issue. `unreadable`: the value can only be removed; `fault`: the payload is refused. */
export function repairFor(
  issue: Issue,
  value: unknown,
  side: Side,
  optional: boolean,
): Repair | "unreadable" | "fault" {
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
      return ownCheck(issue, value);
    default:
      return "unreadable";
  }
}

function withoutUnknownFields(fields: readonly string[]): Repair | "fault" {
  // JSON.parse makes `__proto__` an ordinary field. No firmware sends it by mistake.
  if (fields.length > MAX_UNKNOWN_FIELDS || fields.includes("__proto__")) return "fault";
  return { change: "removeFields", kind: "unknownField", fields };
}

function otherType(issue: Issue, value: unknown): Repair | "unreadable" {
  const field = issue.path.at(-1);
  if (value === undefined) {
    // A meter value without a time was measured about now. At the top level the time belongs to StartTransaction or StopTransaction.
    const isTimeOfSamples = field === "timestamp" && issue.path.length > 1;
    return isTimeOfSamples ? { change: "set", kind: "badTimestamp", to: "" } : "unreadable";
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

function asJson(value: unknown): Repair | "unreadable" {
  try {
    return { change: "set", kind: "objectAsText", to: JSON.stringify(value) };
  } catch {
    return "unreadable"; // nested deeper than the stack
  }
}

/** A value outside its enumeration. A reported value is kept as it is, but an answer with an unknown meaning is of no use. */
function otherWord(value: unknown, side: Side, optional: boolean): Repair | "unreadable" {
  if (typeof value !== "string" || side === "confirmation") return "unreadable";
  if (value === "" && optional) return { change: "remove", kind: "unknownValue" };
  const word = replaceUnstorable(value.slice(0, WORD_MAX_LENGTH));
  return word === value ? { change: "keep", kind: "unknownValue" } : { change: "set", kind: "unknownValue", to: word };
}

function tooLong(issue: Issue, value: string, side: Side): Repair | "unreadable" {
  if (issue.code !== "too_big") return "unreadable";
  // No decision depends on the free text of an answer, so it is kept whole.
  if (side === "confirmation") return { change: "keep", kind: "tooLong" };
  const isIdTag = issue.path.at(-1) === "idTag";
  if (isIdTag && side !== "transaction") return "unreadable";
  const maximum = isIdTag ? WORD_MAX_LENGTH : Number(issue.maximum);
  const clipped = [...value.slice(0, 2 * maximum)].slice(0, maximum).join("");
  return clipped === value ? { change: "keep", kind: "tooLong" } : { change: "set", kind: "tooLong", to: clipped };
}

function outOfRange(value: unknown): Repair | "unreadable" {
  if (typeof value !== "number") return "unreadable";
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return { change: "keep", kind: "outOfRange" };
  // Some charge points send 2^63−1 for a transactionId that they lost. The nearest safe integer is unknown, too.
  return { change: "set", kind: "outOfRange", to: Math.sign(value) * Number.MAX_SAFE_INTEGER };
}

/** The issue of a custom check names its kind of deviation in `params`. */
function ownCheck(issue: Issue & { code: "custom" }, value: unknown): Repair | "unreadable" {
  const kind = issue.params?.deviation;
  if (kind === "badTimestamp" || kind === "zonelessTimestamp") return { change: "keep", kind };
  if (kind === "unstorableText") return { change: "set", kind, to: replaceUnstorable(String(value)) };
  return "unreadable";
}

/** Whether the schema allows the field at this path to be absent. */
export function isOptional(schema: z.ZodType, path: readonly PropertyKey[]): boolean {
  return schemaAt(schema, path) instanceof z.ZodOptional;
}

/** The nearest removable value at or above a path: an optional field or a list entry. */
export function nearestRemovable(schema: z.ZodType, path: readonly PropertyKey[]): PropertyKey[] | undefined {
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
