import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";
import { text } from "../types/text.ts";

/** White paper A02: Accepted: the Central System will have the certificate signed, and sends it with CertificateSigned. */
export const SignCertificate = defineAction({
  name: "SignCertificate",
  initiatedBy: "ChargePoint",
  profile: "Security",
  spec: "White paper 5.9",
  summary: "Asks the Central System to have the charge point's new certificate signed.",
  request: z.strictObject({ csr: text(5500) }),
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: {
    request: {
      csr: "-----BEGIN CERTIFICATE REQUEST-----\nMIIBEjCBuQIBADBXMQswCQYDVQQG\n-----END CERTIFICATE REQUEST-----\n",
    },
    confirmation: { status: "Accepted" },
  },
});
