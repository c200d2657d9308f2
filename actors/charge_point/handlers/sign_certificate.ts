import type { Handler } from "../handler_context.ts";

/** Always Rejected, because there is no certificate authority; so the charge point does not wait for a certificate (white paper A02). */
export const SignCertificate: Handler<"SignCertificate"> = {
  answer: () => ({ status: "Rejected" }),
};
