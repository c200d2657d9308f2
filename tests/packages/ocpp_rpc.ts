/** ocpp-rpc: an independent OCPP client that contains the official schemas. */
import officialSchemas from "npm:ocpp-rpc@2.2.1/lib/schemas/ocpp1_6.json" with { type: "json" };

export { RPCClient } from "npm:ocpp-rpc@2.2.1";
export { createValidator } from "npm:ocpp-rpc@2.2.1/lib/validator.js";
export { officialSchemas };
