/**
 * Types for the parts of an OpenAPI 3.1 document that the reference shows, and samples made from its schemas.
 */

/** A JSON Schema (2020-12), with the keywords that the reference shows. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

/** A body by media type. */
export type Content = Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>;

/** An operation; `x-role` is absent when no API key is needed. */
export interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-role"?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

/** Our OpenAPI document with its extension `x-problems`. */
export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  /** All problems of the API. */
  readonly "x-problems": readonly { readonly type: string; readonly status: number; readonly title: string }[];
}

/** The nesting limit of samples, because a schema may contain itself. */
const SAMPLE_DEPTH = 6;

/** The name of the schema that this one refers to; undefined when it is no reference. */
export function nameOf({ $ref }: Schema): string | undefined {
  return $ref?.slice("#/components/schemas/".length);
}

/** The schema that a reference leads to, or the schema itself. */
export function resolve(schema: Schema, { components }: Document): Schema {
  const name = nameOf(schema);
  return name === undefined ? schema : components.schemas[name] ?? {};
}

/** A value that the schema allows, from its examples if it has any. */
export function sampleOf(schema: Schema, document: Document, depth: number = SAMPLE_DEPTH): unknown {
  const { example, const: only, default: usual, enum: among, anyOf, oneOf, allOf, ...rest } = resolve(schema, document);
  for (const given of [example, only, usual, among?.[0]]) if (given !== undefined) return given;
  const parts = anyOf ?? oneOf ?? allOf;
  if (parts) return sampleOf(parts.find(({ type }) => type !== "null") ?? {}, document, depth);
  const type = [rest.type].flat().find((one) => one !== "null");
  if (type === "array") return depth > 0 && rest.items ? [sampleOf(rest.items, document, depth - 1)] : [];
  if (type === "object") return depth > 0 ? sampleOfObject(rest, document, depth - 1) : {};
  if (type === "integer" || type === "number") return Math.max(1, rest.minimum ?? 1);
  if (type === "boolean") return true;
  if (type === "string") return textSample(rest);
  return null;
}

function sampleOfObject({ properties = {} }: Schema, document: Document, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, sampleOf(schema, document, depth)]),
  );
}

function textSample({ format }: Schema): string {
  if (format === "date-time") return "2026-01-31T12:00:00.000Z";
  if (format === "uuid") return "019c1a2b-3c4d-7e5f-8a9b-0c1d2e3f4a5b";
  return "…";
}
