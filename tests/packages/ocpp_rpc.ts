/** An OCPP client that is not ours, and the official schemas that it comes with. */
import officialSchemas from "npm:ocpp-rpc@2.2.1/lib/schemas/ocpp1_6.json" with { type: "json" };

export { RPCClient } from "npm:ocpp-rpc@2.2.1";
export { createValidator } from "npm:ocpp-rpc@2.2.1/lib/validator.js";
export { officialSchemas };
