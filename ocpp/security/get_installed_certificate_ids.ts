import { z } from "zod";
import { defineAction } from "../action.ts";
import { CertificateHashData, CertificateUse } from "../types/certificate.ts";

/** White paper M03: NotFound: no certificate of this type is installed. */
export const GetInstalledCertificateIds = defineAction({
  name: "GetInstalledCertificateIds",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.4",
  summary: "Lists the root certificates that a charge point trusts.",
  whenOffline: "queue",
  request: z.strictObject({ certificateType: CertificateUse }),
  confirmation: z.strictObject({
    status: z.enum(["Accepted", "NotFound"]),
    certificateHashData: z.array(CertificateHashData).min(1).optional(),
  }),
  example: {
    request: { certificateType: "CentralSystemRootCertificate" },
    confirmation: {
      status: "Accepted",
      certificateHashData: [{
        hashAlgorithm: "SHA256",
        issuerNameHash: "5dc3d7a3ab1eba4e5bbd7e0ea3a2b95b8d1df5c6f2a9d5a6b1d6f1f25ac3e911",
        issuerKeyHash: "a27fd2a1e7e7ff4c3ab0ac8d2fbbcbd1f9d5bb9ab3e8f3a42a86a3a31d97ab54",
        serialNumber: "4a01",
      }],
    },
  },
});
