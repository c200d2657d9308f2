/**
 * Validation with the official JSON schemas of OCPP 1.6 and its security extension, which the Open Charge Alliance publishes and the npm package
 * ocpp-rpc contains. It is independent of the product's own description of the actions.
 */
import { Ajv, type ValidateFunction } from "../packages/ajv.ts";
import { officialSchemas as published } from "../packages/ocpp_rpc.ts";

/** The certificate declares "milliseconds: yes", so every time must have the form of `toISOString()`. */
const UTC_WITH_MILLISECONDS = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

// Ajv's `strict` would refuse keywords of the official schemas that have no effect. Without `multipleOfPrecision`, rounding errors would
// refuse a third of the valid limits (`multipleOf: 0.1`).
const ajv = new Ajv({ strict: false, allErrors: true, multipleOfPrecision: 6 });
ajv.addFormat("date-time", UTC_WITH_MILLISECONDS);
ajv.addFormat("uri", (text: string) => URL.canParse(text));
// Ajv cannot resolve the ids of the schemas ("urn:Authorize.req"), so each is added under its name without the prefix.
for (const { $id, ...schema } of published as { $id: string }[]) ajv.addSchema(schema, $id.replace("urn:", ""));

/** The schema errors of a request, one sentence each; empty when it is valid. */
export function problemsOfRequest(action: string, payload: unknown): string[] {
  return problems(`${action}.req`, payload);
}

/** The schema errors of a confirmation, one sentence each; empty when it is valid. */
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
