/**
 * The official JSON schemas of OCPP 1.6 and its security extension, as published by the Open Charge Alliance and carried by the
 * npm package ocpp-rpc: a judge that shares nothing with the product's own description of the actions.
 */
import { Ajv, type ValidateFunction } from "../packages/ajv.ts";
import { officialSchemas as published } from "../packages/ocpp_rpc.ts";

/** The certificate says "milliseconds: yes"; `toISOString()` is what every charge point reads. */
const UTC_WITH_MILLISECONDS = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

// The schemas carry keywords where they mean nothing, so only `strict` is off; a plain 0.1 test refuses a third of legal limits.
const ajv = new Ajv({ strict: false, allErrors: true, multipleOfPrecision: 6 });
ajv.addFormat("date-time", UTC_WITH_MILLISECONDS);
ajv.addFormat("uri", (text: string) => URL.canParse(text));
// Their ids ("urn:Authorize.req") are no URIs that Ajv can resolve, so each is filed under a plain name.
for (const { $id, ...schema } of published as { $id: string }[]) ajv.addSchema(schema, $id.replace("urn:", ""));

/** What is wrong with a request, one sentence each; empty when it is valid. */
export function problemsOfRequest(action: string, payload: unknown): string[] {
  return problems(`${action}.req`, payload);
}

/** What is wrong with a confirmation, one sentence each; empty when it is valid. */
export function problemsOfConfirmation(action: string, payload: unknown): string[] {
  return problems(`${action}.conf`, payload);
}

function problems(schema: string, payload: unknown): string[] {
  const validate: ValidateFunction | undefined = ajv.getSchema(schema);
  if (!validate) return [`there is no schema ${schema}`];
  if (validate(payload)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath || "the payload"} ${message} ${JSON.stringify(params)}`
  );
}
