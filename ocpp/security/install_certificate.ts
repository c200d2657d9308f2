import { z } from "zod";
import { defineAction } from "../action.ts";
import { CertificateUse } from "../types/certificate.ts";
import { text } from "../types/text.ts";

/** White paper M05: Rejected: the certificate is invalid. Failed: the charge point could not store it. */
export const InstallCertificate = defineAction({
  name: "InstallCertificate",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.6",
  summary: "Installs a root certificate in a charge point, which then trusts it.",
  whenOffline: "queue",
  request: z.strictObject({ certificateType: CertificateUse, certificate: text(5500).describe("PEM") }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Failed", "Rejected"]) }),
  example: {
    request: {
      certificateType: "CentralSystemRootCertificate",
      certificate: "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2hhcmdl\n-----END CERTIFICATE-----\n",
    },
    confirmation: { status: "Accepted" },
  },
});
