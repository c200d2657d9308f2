/**
 * The official JSON schemas of OCPP 1.6 and its security extension from the npm package ocpp-rpc, with the validator of that package. Both
 * are independent of the schemas in `ocpp/` that the tests compare with them.
 */
import { officialSchemas as published } from "../packages/ocpp_rpc.ts";
import { createValidator } from "../packages/ocpp_rpc.ts";
import type { ActionName } from "../../ocpp/registry.ts";

/** The part of JSON schema that the official schemas use. */
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

/** Selects one of the two payloads of an action. */
export type Side = "req" | "conf";

/** An error that the official schema reports for a payload. */
export interface OfficialError {
  /** The place of the error as a JSON pointer. */
  readonly instancePath: string;
  readonly keyword: string;
}

const byId = new Map((published as JsonSchema[]).map((schema) => [schema.$id, inlined(schema)]));
const validator = createValidator("ocpp1.6", published as object[]);

/** The names of all official schemas, sorted. */
export const officialNames: readonly string[] = [
  ...new Set((published as JsonSchema[]).map(({ $id }) => $id!.replace(/^urn:(\w+)\.(req|conf)$/, "$1"))),
].sort();

/** The official schema of a payload, with its definitions inlined. */
export function officialSchema(name: ActionName, side: Side): JsonSchema {
  return byId.get(`urn:${name}.${side}`)!;
}

/** The first error of the official schema; undefined when it accepts the payload. */
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
