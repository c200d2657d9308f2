/** Ajv: an independent JSON Schema validator, against which tests compare the product's checks. */
export { Ajv, type ValidateFunction } from "npm:ajv@8.17.1";
export { Ajv2020 } from "npm:ajv@8.17.1/dist/2020.js";
