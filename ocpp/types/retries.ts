/** How often and how soon a charge point retries a file transfer (GetDiagnostics, UpdateFirmware, GetLog, SignedUpdateFirmware). */
import { z } from "zod";

/** Further attempts after the first one (errata 3.50); absent: the charge point decides. */
export const Retries = z.int().min(0).describe("Further attempts after the first; absent = the charge point decides");

/** Seconds between two attempts; absent: the charge point decides. */
export const RetryInterval = z.int().min(0).describe("Seconds between two attempts; absent = the charge point decides");
