/** How often and how soon a charge point tries a transfer again (GetDiagnostics, UpdateFirmware and their successors). */
import { z } from "zod";

/** Extra tries after the first one (errata 3.50); absent leaves it to the charge point. */
export const Retries = z.int().min(0).describe("Extra tries after the first");

/** Seconds between two tries. */
export const RetryInterval = z.int().min(0).describe("Seconds between two tries");
