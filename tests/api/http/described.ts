/**
 * Checks responses of the API against the OpenAPI document, and the document against the published schema of OpenAPI 3.1. The dialect is
 * JSON Schema 2020-12.
 */
import { Ajv2020, type ValidateFunction } from "../../packages/ajv.ts";
import { openapi31 } from "../../packages/openapi_schemas.ts";
import type { Answer } from "../bare_app.ts";

// deno-lint-ignore no-explicit-any -- tests look into documents by asserting on them
export type Document = any;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The faults of the document by the schema that the OpenAPI Initiative publishes; empty: none. */
export function problemsOfDocument(document: Document): string[] {
  const ajv = newAjv();
  // Ajv resolves this dynamic reference, which is for other dialects, to the whole document.
  const published = JSON.parse(
    JSON.stringify(openapi31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"'),
  );
  const schemas = [...Object.values(document.components.schemas), ...schemasIn(document.paths)];
  const wrong = schemas.filter((schema) => !ajv.validateSchema(schema as object));
  return [
    ...problems(ajv.compile(published), document),
    ...wrong.map((schema) => `no schema: ${JSON.stringify(schema)}`),
  ];
}

/** Every schema of a parameter, body or response. */
function schemasIn(part: unknown): unknown[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) => name === "schema" ? [value] : schemasIn(value));
}

/** The faults of one response: status, media type or body. Empty: it is as described. */
export class Described {
  readonly #ajv = newAjv();

  constructor(readonly document: Document) {
    this.#ajv.addSchema({ ...document, $id: "document" });
  }

  problemsOf(method: string, path: string, { status, headers, body }: Answer): string[] {
    const responses = this.document.paths[path]?.[method]?.responses ?? {};
    const key = Object.hasOwn(responses, status) ? String(status) : status >= 400 ? "default" : undefined;
    if (key === undefined) return [`the status ${status} is not described`];
    const described = responses[key].content ?? {};
    const given = headers.get("Content-Type");
    if (given === null || Object.keys(described).length === 0) {
      return given === null && Object.keys(described).length === 0
        ? []
        : [`the content type ${given} is not described`];
    }
    const media = Object.keys(described).find((type) => bare(type) === bare(given));
    if (media === undefined) return [`the content type ${given} is not described`];
    const place = ["paths", path, method, "responses", key, "content", media, "schema"];
    const validate = this.#ajv.getSchema(`document#${place.map((step) => `/${escaped(step)}`).join("")}`);
    return validate ? problems(validate, body) : ["there is no schema"];
  }
}

function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat("date-time", TIME);
  ajv.addFormat("uuid", /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  for (const format of ["uri", "uri-reference", "regex", "media-range", "email"]) ajv.addFormat(format, true);
  return ajv;
}

function bare(mediaType: string): string {
  return mediaType.split(";")[0]!.trim().toLowerCase();
}

/** A step of a JSON pointer in the fragment of a URI. */
function escaped(step: string): string {
  return encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"));
}

function problems(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath || "the whole"} ${message} ${JSON.stringify(params)}`
  );
}
