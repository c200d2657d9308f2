/**
 * Reads path, query and body, and checks each against its schema. A refusal names the place and the reason. Text that PostgreSQL
 * cannot store (NUL, half of a surrogate pair) is refused here for all routes.
 */
import type { z } from "zod";
import { brokenBound } from "../../ocpp/json_bounds.ts";
import { isStorable } from "../../ocpp/types/text.ts";
import { type Fault, incomplete, notFound, Problem } from "./problem.ts";

/** The largest body. Bytes are counted while reading; Content-Length is not trusted. */
export const BODY_MAX_BYTES = 1024 * 1024;

/** The most faults that one response lists. A body may have a hundred thousand unknown fields. */
const FAULTS_MAX = 100;

const JSON_CONTENT = /^application\/json *(;.*)?$/i;

/**
 * The parameters of the path. An invalid name is a resource that does not exist, hence 404. PUT would create it, so it gets
 * 400 with the fault.
 */
export function readPath(schema: z.ZodType, values: Record<string, string>, method: string): unknown {
  const { value, faults } = check(schema, values, "path");
  if (faults.length === 0) return value;
  if (method === "put") throw invalidRequest(faults);
  throw notFound(faults.map(({ pointer, detail }) => `path ${pointer}: ${detail}`).join("; "));
}

/** The query. An unknown or repeated parameter is refused, because a list that ignores a filter would mislead. */
export function readQuery(schema: z.ZodType, url: string): unknown {
  const { searchParams } = new URL(url);
  const twice = [...new Set(searchParams.keys())].filter((name) => searchParams.getAll(name).length > 1);
  if (twice.length > 0) {
    throw invalidRequest(
      twice.map((name) => ({ in: "query", pointer: pointerTo([name]), detail: "Given more than once" })),
    );
  }
  const checked = check(schema, Object.fromEntries(searchParams), "query");
  if (checked.faults.length > 0) throw invalidRequest(checked.faults);
  return checked.value;
}

/** The body as JSON. A missing body counts as `{}`. */
export async function readBody(schema: z.ZodType, request: Request): Promise<unknown> {
  const checked = check(schema, await readJson(request), "body");
  if (checked.faults.length > 0) throw invalidRequest(checked.faults);
  return checked.value;
}

/** The other fields of a form with a file. */
export function readFields(schema: z.ZodType, fields: Readonly<Record<string, string>>): unknown {
  const checked = check(schema, { ...fields }, "body");
  if (checked.faults.length > 0) throw invalidRequest(checked.faults);
  return checked.value;
}

async function readJson(request: Request): Promise<unknown> {
  const { headers } = request;
  const encoding = headers.get("Content-Encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new Problem("unsupported-media-type", `Content-Encoding ${encoding} is not supported`);
  }
  const type = headers.get("Content-Type");
  const bytes = await readBytes(request).catch((error) => {
    throw error instanceof Problem ? error : incomplete();
  });
  if (type === null && bytes.length === 0) return {};
  // This also refuses forms of other web sites (cross-site request forgery): a form cannot send this type.
  if (type === null || !JSON_CONTENT.test(type)) {
    const found = type === null ? "The Content-Type is missing" : `The Content-Type is ${type}`;
    throw new Problem("unsupported-media-type", `${found}; send application/json`);
  }
  try {
    const json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const bound = brokenBound(json);
    if (bound) throw new Problem("content-too-large", `The body has ${bound}`);
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(
      "invalid-json",
      bytes.length === 0
        ? "The body is empty; send {} when there are no fields"
        : "The body cannot be parsed as JSON in UTF-8",
    );
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the stream, so that the rest of an oversized body is never read.
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > BODY_MAX_BYTES) {
      throw new Problem("content-too-large", `The body has more than ${BODY_MAX_BYTES} bytes`);
    }
    parts.push(part);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function check(schema: z.ZodType, input: unknown, where: Fault["in"]): { value: unknown; faults: Fault[] } {
  const unstorable = findUnstorable(input);
  if (unstorable) {
    const detail = "Text with a NUL character or half of a surrogate pair cannot be stored";
    return { value: undefined, faults: [{ in: where, pointer: pointerTo(unstorable), detail }] };
  }
  const checked = schema.safeParse(input);
  if (checked.success) return { value: checked.data, faults: [] };
  const faults = checked.error.issues.flatMap((issue) => faultsOf(issue, input, where));
  return { value: undefined, faults: faults.slice(0, FAULTS_MAX) };
}

/** zod reports unknown fields at the object that has them; the pointer shall name the field itself. */
function faultsOf(issue: z.core.$ZodIssue, input: unknown, where: Fault["in"]): Fault[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ in: where, pointer: pointerTo(issue.path), detail: detailOf(issue, input) }];
  }
  const detail = where === "query" ? "Unknown query parameter" : "Unknown field";
  return issue.keys.map((key) => ({ in: where, pointer: pointerTo([...issue.path, key]), detail }));
}

/** zod reports a missing field as an invalid value; the detail says that it is missing. */
function detailOf({ code, message, path }: z.core.$ZodIssue, input: unknown): string {
  if (code !== "invalid_type" && code !== "invalid_value") return message;
  // deno-lint-ignore no-explicit-any -- whatever a client sent
  const isThere = path.reduce((at: any, step) => at?.[step], input) !== undefined;
  return isThere ? message : message.replace(/^Invalid \w+: /, "Missing: ").replace(/, received (undefined|NaN)$/, "");
}

function invalidRequest(errors: readonly Fault[]): Problem {
  const { in: where, pointer, detail } = errors[0]!;
  return new Problem("invalid-request", `${where} ${pointer || "as a whole"}: ${detail}`, { errors });
}

/** The JSON pointer (RFC 6901) for these steps. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The path to a text or member name that PostgreSQL refuses. Iterative, because the client chooses the depth. */
function findUnstorable(input: unknown): PropertyKey[] | undefined {
  const pending: { value: unknown; path: Step | undefined }[] = [{ value: input, path: undefined }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path } = next;
    if (typeof value === "string" && !isStorable(value)) return stepsOf(path);
    if (typeof value !== "object" || value === null) continue;
    for (const [name, member] of Object.entries(value)) {
      const step = { name, before: path };
      if (!isStorable(name)) return stepsOf(step);
      pending.push({ value: member, path: step });
    }
  }
  return undefined;
}

interface Step {
  readonly name: string;
  readonly before: Step | undefined;
}

function stepsOf(last: Step | undefined): string[] {
  const steps: string[] = [];
  for (let step = last; step; step = step.before) steps.unshift(step.name);
  return steps;
}
