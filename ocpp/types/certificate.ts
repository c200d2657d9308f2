/**
 * Certificates of the security extension (white paper chapter 5): the use of a root certificate, and the hash data by which a charge point
 * identifies an installed one. The Central System sends hash data back unchanged (M04.FR.07).
 */
import { z } from "zod";
import { text } from "./text.ts";

/** Selects one of the two root certificate stores of a charge point. */
export const CertificateUse = z.enum(["CentralSystemRootCertificate", "ManufacturerRootCertificate"]);

/** Identifies one installed certificate. */
export const CertificateHashData = z.strictObject({
  hashAlgorithm: z.enum(["SHA256", "SHA384", "SHA512"]),
  issuerNameHash: text(128),
  issuerKeyHash: text(128),
  serialNumber: text(40),
});
