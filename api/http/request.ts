/**
 * Reading what a client sent: path, query and body, each against its schema, each refused with the place and the reason. Text
 * that no database could keep (NUL, half of a surrogate pair) is refused here once, so that no route has to think of it.
 */
import type { z } from "zod";
import { brokenBound } from "../../ocpp/json_bounds.ts";
import { isStorable } from "../../ocpp/types/text.ts";
import { type Fault, incomplete, notFound, Problem } from "./problem.ts";

/** Counted while reading, whatever Content-Length claims. */
export const BODY_MAX_BYTES = 1024 * 1024;

/** Enough to mend a request by; a body of a hundred thousand unknown fields is not answered with as many sentences. */
const FAULTS_MAX = 100;

const JSON_CONTENT = /^application\/json *(;.*)?$/i;

/**
 * The parameters of the path. One that cannot name anything is a resource that does not exist; only PUT, which would make it,
 * is told what is wrong with the name.
 */
export function readPath(schema: z.ZodType, values: Record<string, string>, method: string): unknown {
  const { value, faults } = check(schema, values, "path");
  if (faults.length === 0) return value;
  if (method === "put") throw invalidRequest(faults);
  throw notFound(faults.map(({ pointer, detail }) => `path ${pointer}: ${detail}`).join("; "));
}

/** The query. A parameter that is unknown or given twice is refused: a filter that is not applied would mislead. */
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

/** The body as JSON. Without any body it is `{}`, so that actions without fields need none. */
export async function readBody(schema: z.ZodType, request: Request): Promise<unknown> {
  const checked = check(schema, await readJson(request), "body");
  if (checked.faults.length > 0) throw invalidRequest(checked.faults);
  return checked.value;
}

/** The fields of a form that brought a file. */
export function readFields(schema: z.ZodType, fields: Readonly<Record<string, string>>): unknown {
  const checked = check(schema, { ...fields }, "body");
  if (checked.faults.length > 0) throw invalidRequest(checked.faults);
  return checked.value;
}

async function readJson(request: Request): Promise<unknown> {
  const { headers } = request;
  const encoding = headers.get("Content-Encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new Problem("unsupported-media-type", `Content-Encoding ${encoding} is not read`);
  }
  const type = headers.get("Content-Type");
  const bytes = await readBytes(request).catch((error) => {
    throw error instanceof Problem ? error : incomplete();
  });
  if (type === null && bytes.length === 0) return {};
  // Also what keeps a foreign page's form from posting here: a form cannot send this type.
  if (type === null || !JSON_CONTENT.test(type)) {
    throw new Problem("unsupported-media-type", `The content type is ${type ?? "not given"}, not application/json`);
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
        ? "The body is empty; send {} where there is nothing to say"
        : "The body cannot be parsed as JSON in UTF-8",
    );
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the stream: the rest of an oversized body is never taken.
  for await (const part of request.body ?? []) {
    length += part.length;
    if (length > BODY_MAX_BYTES) throw new Problem("content-too-large", `At most ${BODY_MAX_BYTES} bytes are read`);
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
    const detail = "Text with a NUL character or half of a surrogate pair cannot be kept";
    return { value: undefined, faults: [{ in: where, pointer: pointerTo(unstorable), detail }] };
  }
  const checked = schema.safeParse(input);
  if (checked.success) return { value: checked.data, faults: [] };
  const faults = checked.error.issues.flatMap((issue) => faultsOf(issue, input, where));
  return { value: undefined, faults: faults.slice(0, FAULTS_MAX) };
}

/** zod names unknown fields at the object that has them; we point at the field itself. */
function faultsOf(issue: z.core.$ZodIssue, input: unknown, where: Fault["in"]): Fault[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ in: where, pointer: pointerTo(issue.path), detail: detailOf(issue, input) }];
  }
  const detail = where === "query" ? "Unknown query parameter" : "Unknown field";
  return issue.keys.map((key) => ({ in: where, pointer: pointerTo([...issue.path, key]), detail }));
}

/** Of a field that is not there zod says that its value is invalid; whoever forgot it is told so. */
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

/** A JSON pointer (RFC 6901) to what is reached by these steps. */
export function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The path to a text, names of members included, that PostgreSQL refuses. Iterative: depth is the client's choice. */
function findUnstorable(input: unknown): PropertyKey[] | undefined {
  const ahead: { value: unknown; path: Step | undefined }[] = [{ value: input, path: undefined }];
  for (let next = ahead.pop(); next; next = ahead.pop()) {
    const { value, path } = next;
    if (typeof value === "string" && !isStorable(value)) return stepsOf(path);
    if (typeof value !== "object" || value === null) continue;
    for (const [name, member] of Object.entries(value)) {
      const step = { name, before: path };
      if (!isStorable(name)) return stepsOf(step);
      ahead.push({ value: member, path: step });
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
