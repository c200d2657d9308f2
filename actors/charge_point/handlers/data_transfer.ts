import type { Handler } from "../handler_context.ts";

/** No vendor's extension is known here. The enumeration spells UnknownVendorId, the text once UnknownVendor; the enumeration wins (OCPP 1.6 7.15). */
export const DataTransfer: Handler<"DataTransfer"> = {
  answer: () => ({ status: "UnknownVendorId" }),
};
