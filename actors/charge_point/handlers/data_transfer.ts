import type { Handler } from "../handler_context.ts";

/** Always UnknownVendorId, because no vendor extension is supported. That is the name in the enumeration (OCPP 1.6 7.15). */
export const DataTransfer: Handler<"DataTransfer"> = {
  answer: () => ({ status: "UnknownVendorId" }),
};
