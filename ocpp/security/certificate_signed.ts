import { z } from "zod";
import { defineAction } from "../action.ts";
import { AcceptedOrRejected } from "../types/accepted_or_rejected.ts";
import { text } from "../types/text.ts";

/** White paper A02: a separate CALL that follows a SignCertificate. */
export const CertificateSigned = defineAction({
  name: "CertificateSigned",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.1",
  summary: "Sends a charge point the signed certificate that it asked for.",
  whenOffline: "queue",
  request: z.strictObject({
    certificateChain: text(10_000).describe("PEM, the charge point's own certificate first"),
  }),
  confirmation: z.strictObject({ status: AcceptedOrRejected }),
  example: {
    request: {
      certificateChain: "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2hhcmdl\n-----END CERTIFICATE-----\n",
    },
    confirmation: { status: "Accepted" },
  },
});
