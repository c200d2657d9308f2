/**
 * Turns zod issues into a CALLERROR: the code that fits, and a description for the log of the charge point. A description quotes untrusted
 * input, so it is short and has no control characters.
 */
import type { z } from "zod";
import { type CallFault, type ErrorCode, fault } from "./errors.ts";

/** One thing wrong with a payload. */
export type Issue = z.core.$ZodIssue;

/** OCPP-J 4.2.3: the longest description of a CALLERROR. */
const DESCRIPTION_MAX_LENGTH = 255;

/** The number of characters of a value that a description quotes. */
const QUOTE_MAX_LENGTH = 40;

/**
 * The most informative code first: a missing field, then a wrong type, then a value outside its bounds, then an unknown field. Among issues
 * of the same code the order of the schema decides.
 */
const CODES_BY_PRECEDENCE: readonly ErrorCode[] = [
  "OccurenceConstraintViolation",
  "TypeConstraintViolation",
  "PropertyConstraintViolation",
  "FormationViolation",
];

/** The value at a path of a payload; undefined when the path does not exist. Only own properties count. */
export function valueAt(payload: unknown, path: readonly PropertyKey[]): unknown {
  let value = payload;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** The CALLERROR for a payload with at least one issue. */
export function faultOf(issues: readonly Issue[], payload: unknown): CallFault {
  const codes = issues.map((issue) => codeOf(issue, payload));
  const code = CODES_BY_PRECEDENCE.find((candidate) => codes.includes(candidate))!;
  const issue = issues[codes.indexOf(code)]!;
  const more = issues.length === 1 ? "" : ` (and ${issues.length - 1} more)`;
  const description = escape(describe(issue, payload)).slice(0, DESCRIPTION_MAX_LENGTH - more.length);
  return fault(code, description + more);
}

function codeOf(issue: Issue, payload: unknown): ErrorCode {
  const value = valueAt(payload, issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return "FormationViolation";
    case "invalid_type":
      if (issue.path.length === 0) return "FormationViolation";
      return value === undefined ? "OccurenceConstraintViolation" : "TypeConstraintViolation";
    case "invalid_value":
      if (value === undefined) return "OccurenceConstraintViolation";
      return typeof value === "string" ? "PropertyConstraintViolation" : "TypeConstraintViolation";
    case "too_small":
      return issue.origin === "array" ? "OccurenceConstraintViolation" : "PropertyConstraintViolation";
    default:
      return "PropertyConstraintViolation";
  }
}

function describe(issue: Issue, payload: unknown): string {
  const place = placeOf(issue.path);
  const value = valueAt(payload, issue.path);
  const found = `found ${quote(value)}`;
  if (issue.code === "unrecognized_keys") {
    const more = issue.keys.length === 1 ? "" : ` and ${issue.keys.length - 1} more`;
    const inside = issue.path.length === 0 ? "" : ` in ${place}`;
    return `Unknown field ${quote(issue.keys[0])}${more}${inside}`;
  }
  if (value === undefined) return `${place} is missing`;
  switch (issue.code) {
    case "invalid_type":
      return `${place} must be ${KINDS[issue.expected] ?? issue.expected}, ${found}`;
    case "invalid_value":
      return `${place} must be one of the ${issue.values.length} values of its enumeration, ${found}`;
    case "too_big":
      if (issue.origin !== "string") return `${place} must be at most ${issue.maximum}, ${found}`;
      return `${place} may have at most ${issue.maximum} characters, found ${String(value).length}`;
    case "too_small":
      return issue.origin === "array"
        ? `${place} must not be empty`
        : `${place} must be at least ${issue.minimum}, ${found}`;
    case "custom":
      return `${place} ${issue.message}, ${found}`;
    default:
      return `${place} is not as specified, ${found}`;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

/** A path as text: `meterValue[0].sampledValue[2].value`, or `The payload` for the empty path. */
export function placeOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "The payload";
  return path.map((step) => typeof step === "number" ? `[${step}]` : `.${String(step)}`).join("").slice(1);
}

function quote(value: unknown): string {
  if (typeof value === "string") {
    return value.length > QUOTE_MAX_LENGTH ? `"${value.slice(0, QUOTE_MAX_LENGTH)}…"` : `"${value}"`;
  }
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Escapes control characters, bidirectional overrides and lone surrogates as `\\u…`, so that a description stays one line of text. */
export function escape(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
