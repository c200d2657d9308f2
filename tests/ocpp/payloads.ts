/**
 * Generates payloads from an official schema: valid ones, and ones with a single change, such as charge points and programmers make by
 * mistake.
 */
import { fc } from "../packages/fast_check.ts";
import type { JsonSchema } from "./official_schemas.ts";

/** The path of a value in a payload. */
export type Path = readonly (string | number)[];

/** Generates payloads that the official schema accepts. */
export function validPayload(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case "object":
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, validPayload(field)])),
        { requiredKeys: [...schema.required ?? []] },
      );
    case "array":
      return fc.array(validPayload(schema.items!), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case "integer":
      return fc.oneof(fc.integer({ min: -2, max: 4 }), fc.integer());
    case "number":
      return fc.integer({ min: -20, max: 400_000 }).map((tenths) => tenths / 10);
    case "boolean":
      return fc.boolean();
    default:
      return validText(schema);
  }
}

function validText({ format, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (format === "date-time") {
    return fc.date({ min: new Date("1971-01-01"), max: new Date("2199-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  if (format === "uri") return fc.webUrl({ withQueryParameters: true });
  return fc.string({ maxLength: Math.min(maxLength ?? 60, 60) });
}

const TIMES = [
  "2026-03-02T01:00:00+02",
  "2026-03-02T01:00:00+0230",
  "2026-03-02t01:00:00.1234567z",
  "2026-03-02 01:00:00Z",
  "2026-03-02T01:00:00,5Z",
  "2026-03-02T01:00:00",
  "2026-03-02T24:00:00Z",
  "2026-03-02T01:59:60Z",
  "2026-12-31T23:59:60Z",
  "2026-02-29T01:00:00Z",
  "2026-03-02T01:00:00+99:00",
  "1969-12-31T23:59:59Z",
  "2200-01-01T00:00:00Z",
  "0001-01-01T00:00:00Z",
  "2026-03-02",
  "yesterday",
];

const TEXTS = [
  "",
  "x".repeat(20),
  "x".repeat(21),
  "x".repeat(51),
  "x".repeat(600),
  "x".repeat(20_000),
  "😀".repeat(15),
];
const WORDS = [
  "Accepted",
  "accepted",
  "Hertz",
  "W",
  "SHA256",
  "a\0b",
  "\ud800",
  "file:///etc/passwd",
  "http://a/{b}",
  "a b",
];
const NUMBERS = [0, 1, -1, 1.5, 0.05, 8.1, 2 ** 31, 2 ** 53, -(2 ** 60), 9223372036854775807, Infinity];
const OTHERS = [null, true, {}, [], [null], { status: "Accepted" }];

/** Generates values that may or may not be valid at a place. */
const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...TIMES),
  fc.constantFrom(...TEXTS, ...WORDS),
  fc.constantFrom(...NUMBERS),
  fc.constantFrom(...OTHERS),
);

/** Generates payloads with one change: a value is replaced, removed or emptied, or an unknown field is added. */
export function mutatedPayload(schema: JsonSchema): fc.Arbitrary<unknown> {
  return validPayload(schema).chain((payload) => {
    const place = fc.constantFrom(...placesOf(payload));
    return fc.oneof(
      fc.tuple(place, anything).map(([path, value]) => replaced(payload, path, () => value)),
      place.map((path) => removed(payload, path)),
      fc.tuple(place, fc.constantFrom("vendorNote", "__proto__", "constructor", "idtag")).map(([path, name]) =>
        replaced(payload, path, (value) => withField(value, name))
      ),
    );
  });
}

/** Every path in a payload, also the empty path of the whole payload. */
export function placesOf(payload: unknown, at: Path = []): Path[] {
  if (typeof payload !== "object" || payload === null) return [at];
  const steps = Array.isArray(payload) ? payload.map((_, index) => index) : Object.keys(payload);
  return [at, ...steps.flatMap((step) => placesOf((payload as Record<string, unknown>)[step], [...at, step]))];
}

/** A copy with another value at one path. */
export function replaced(payload: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change(payload);
  const copy: unknown = Array.isArray(payload) ? [...payload] : { ...(payload as object) };
  const container = copy as Record<string | number, unknown>;
  container[step] = replaced(container[step], rest, change);
  return copy;
}

/** A copy without one field; a list entry or the whole payload becomes null instead. */
export function removed(payload: unknown, path: Path): unknown {
  const last = path.at(-1);
  if (typeof last !== "string") return replaced(payload, path, () => null);
  return replaced(payload, path.slice(0, -1), (parent) => {
    const { [last]: _, ...others } = parent as Record<string, unknown>;
    return others;
  });
}

/** A copy of an object with one more field, defined as JSON.parse does; any other value becomes an object with that field only. */
export function withField(value: unknown, name: string): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const copy = isObject ? { ...value } : {};
  return Object.defineProperty(copy, name, { value: 1, enumerable: true, writable: true, configurable: true });
}

/** Enumeration values that are valid together, so that a charging profile may have every field. */
const TOGETHER = ["TxProfile", "Recurring", "Differential"];

/** A payload with every field of the official schema, and one entry in each list. */
export function fullPayload(schema: JsonSchema): unknown {
  if (schema.enum) return schema.enum.find((word) => TOGETHER.includes(word)) ?? schema.enum[0];
  switch (schema.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [
          name,
          name === "startPeriod" ? 0 : fullPayload(field),
        ]),
      );
    case "array":
      return [fullPayload(schema.items!)];
    case "integer":
    case "number":
      return 1;
    case "boolean":
      return true;
    default:
      if (schema.format === "date-time") return "2026-03-02T01:00:00.000Z";
      return schema.format === "uri" || schema.maxLength === 512 ? "https://example.org/" : "";
  }
}

/** All variants of the full payload with one change that tests a limit, an enumeration or a type. */
export function* boundaryPayloads(schema: JsonSchema, full: unknown): Generator<unknown> {
  for (const path of placesOf(full)) {
    const at = schemaAt(schema, path);
    const { maxLength, enum: words = [] } = at;
    const texts = maxLength === undefined || maxLength === 512
      ? []
      : ["x".repeat(maxLength), "x".repeat(maxLength + 1)];
    for (const value of [...words, ...texts, "?", 1, 1.5, true, {}, [], null]) yield replaced(full, path, () => value);
    if (path.length > 0) yield removed(full, path);
    if (at.type === "object") yield replaced(full, path, (value) => withField(value, "vendorNote"));
  }
}

function schemaAt(schema: JsonSchema, path: Path): JsonSchema {
  return path.reduce((at: JsonSchema, step) => (typeof step === "number" ? at.items : at.properties?.[step])!, schema);
}
