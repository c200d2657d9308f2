import { z } from "zod";
import { defineAction } from "../action.ts";
import { CertificateHashData } from "../types/certificate.ts";

/** White paper M04: the hash data must be unchanged from GetInstalledCertificateIds. Failed: the certificate is in use. */
export const DeleteCertificate = defineAction({
  name: "DeleteCertificate",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.2",
  summary: "Removes a root certificate from a charge point.",
  whenOffline: "queue",
  request: z.strictObject({ certificateHashData: CertificateHashData }),
  confirmation: z.strictObject({ status: z.enum(["Accepted", "Failed", "NotFound"]) }),
  example: {
    request: {
      certificateHashData: {
        hashAlgorithm: "SHA256",
        issuerNameHash: "5dc3d7a3ab1eba4e5bbd7e0ea3a2b95b8d1df5c6f2a9d5a6b1d6f1f25ac3e911",
        issuerKeyHash: "a27fd2a1e7e7ff4c3ab0ac8d2fbbcbd1f9d5bb9ab3e8f3a42a86a3a31d97ab54",
        serialNumber: "4a01",
      },
    },
    confirmation: { status: "Accepted" },
  },
});
