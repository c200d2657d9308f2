/**
 * Certificates of the security extension (white paper chapter 5): which root a certificate is, and the four hashes by which a charge
 * point names one that it holds. Hash data is echoed to the charge point exactly as it reported it (M04.FR.07).
 */
import { z } from "zod";
import { text } from "./text.ts";

/** Which of a charge point's two root stores is meant. */
export const CertificateUse = z.enum(["CentralSystemRootCertificate", "ManufacturerRootCertificate"]);

/** The name of one installed certificate. */
export const CertificateHashData = z.strictObject({
  hashAlgorithm: z.enum(["SHA256", "SHA384", "SHA512"]),
  issuerNameHash: text(128),
  issuerKeyHash: text(128),
  serialNumber: text(40),
});
