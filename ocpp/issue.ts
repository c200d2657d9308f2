/**
 * What zod found wrong, in OCPP's words: which CALLERROR code it deserves and a description for the one who reads the charge point's
 * log. Descriptions are made of what strangers sent, so they are short and hold no control characters.
 */
import type { z } from "zod";
import { type CallFault, type ErrorCode, fault } from "./errors.ts";

/** One thing wrong with a payload. */
export type Issue = z.core.$ZodIssue;

/** OCPP-J 4.2.3: the longest description of a CALLERROR. */
const DESCRIPTION_MAX_LENGTH = 255;

/** How much of what was found is quoted. */
const QUOTE_MAX_LENGTH = 40;

/**
 * The code that tells most comes first: what is missing, then what is of the wrong kind, then what is out of bounds, then what is too
 * much. Among equals the order of the schema decides.
 */
const TELLING: readonly ErrorCode[] = [
  "OccurenceConstraintViolation",
  "TypeConstraintViolation",
  "PropertyConstraintViolation",
  "FormationViolation",
];

/** The value at a place of a payload; undefined when there is no such place. Looks at own properties only. */
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
  const code = TELLING.find((candidate) => codes.includes(candidate))!;
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
      return `${place} must be one of its ${issue.values.length} words, ${found}`;
    case "too_big":
      if (issue.origin !== "string") return `${place} must be at most ${issue.maximum}, ${found}`;
      return `${place} may have ${issue.maximum} characters, found ${String(value).length}`;
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

/** A path as people write it: `meterValue[0].sampledValue[2].value`, or `The payload` for the whole. */
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

/** Control characters, bidirectional overrides and lone surrogates as `\\u…`: a description must stay one harmless line. */
export function escape(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
