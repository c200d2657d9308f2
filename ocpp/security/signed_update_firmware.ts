import { z } from "zod";
import { defineAction } from "../action.ts";
import { SentDateTime } from "../types/date_time.ts";
import { FileLocation } from "../types/file_location.ts";
import { Retries, RetryInterval } from "../types/retries.ts";
import { text } from "../types/text.ts";

/** White paper L01: AcceptedCanceled: the charge point cancelled an older update for this one. */
export const SignedUpdateFirmware = defineAction({
  name: "SignedUpdateFirmware",
  initiatedBy: "CentralSystem",
  profile: "Security",
  spec: "White paper 5.11",
  summary: "Asks a charge point to download, verify and install signed firmware.",
  whenOffline: "queue",
  request: z.strictObject({
    requestId: z.int(),
    retries: Retries.optional(),
    retryInterval: RetryInterval.optional(),
    firmware: z.strictObject({
      location: FileLocation.max(512),
      retrieveDateTime: SentDateTime.describe("The charge point does not download it before"),
      installDateTime: SentDateTime.optional().describe("The charge point does not install it before"),
      signingCertificate: text(5500).describe("PEM"),
      signature: text(800).describe("Base64"),
    }),
  }),
  confirmation: z.strictObject({
    status: z.enum(["Accepted", "Rejected", "AcceptedCanceled", "InvalidCertificate", "RevokedCertificate"]),
  }),
  example: {
    request: {
      requestId: 32,
      retries: 3,
      retryInterval: 300,
      firmware: {
        location: "https://files.example.org/firmware/duo22-3.5.0.bin",
        retrieveDateTime: "2026-03-02T02:00:00.000Z",
        signingCertificate: "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2hhcmdl\n-----END CERTIFICATE-----\n",
        signature: "MEUCIQDx2m4G0b9D8r0Zt0wYkOa5y3m1Qb2c",
      },
    },
    confirmation: { status: "Accepted" },
  },
});
