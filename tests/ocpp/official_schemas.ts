/**
 * The official JSON schemas of OCPP 1.6 and its security extension, as the npm package ocpp-rpc carries them, with the validator of that
 * package: neither shares anything with the descriptions of our own that it is held against.
 */
import { officialSchemas as published } from "../packages/ocpp_rpc.ts";
import { createValidator } from "../packages/ocpp_rpc.ts";
import type { ActionName } from "../../ocpp/registry.ts";

/** As much of JSON schema as the official ones use. */
export interface JsonSchema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly enum?: readonly string[];
  readonly maxLength?: number;
  readonly format?: "date-time" | "uri";
  readonly multipleOf?: number;
}

/** Which of an action's two payloads. */
export type Side = "req" | "conf";

/** What the official schema says against a payload. */
export interface OfficialError {
  /** JSON pointer. */
  readonly instancePath: string;
  readonly keyword: string;
}

const byId = new Map((published as JsonSchema[]).map((schema) => [schema.$id, inlined(schema)]));
const validator = createValidator("ocpp1.6", published as object[]);

/** Every name that the official schemas have, sorted. */
export const officialNames: readonly string[] = [
  ...new Set((published as JsonSchema[]).map(({ $id }) => $id!.replace(/^urn:(\w+)\.(req|conf)$/, "$1"))),
].sort();

/** The official schema of a payload, definitions put in place. */
export function officialSchema(name: ActionName, side: Side): JsonSchema {
  return byId.get(`urn:${name}.${side}`)!;
}

/** The first objection of the official schema; undefined when it accepts the payload. */
export function officialError(name: ActionName, side: Side, payload: unknown): OfficialError | undefined {
  try {
    validator.validate(`urn:${name}.${side}`, payload);
    return undefined;
  } catch (error) {
    return (error as { details: { errors: OfficialError[] } }).details.errors[0];
  }
}

function inlined(schema: JsonSchema, definitions = schema.definitions ?? {}): JsonSchema {
  if (schema.$ref) return inlined(definitions[schema.$ref.replace("#/definitions/", "")]!, definitions);
  const properties = schema.properties &&
    Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, inlined(field, definitions)]));
  return {
    ...schema,
    ...(properties && { properties }),
    ...(schema.items && { items: inlined(schema.items, definitions) }),
  };
}
