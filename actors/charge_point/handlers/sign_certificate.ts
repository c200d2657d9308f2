import type { Handler } from "../handler_context.ts";

/** No certificate authority is attached, so nothing could be signed: said at once, so that the charge point does not wait (white paper A02). */
export const SignCertificate: Handler<"SignCertificate"> = {
  answer: () => ({ status: "Rejected" }),
};
