import { z } from "zod";

/** A URI is written in printable ASCII without blanks (RFC 3986); everything else is percent-encoded. */
const URI_CHARACTERS = /^[!-~]*$/;

/**
 * Where a charge point fetches firmware from or uploads to: sent as it was given, and never opened by us. Which schemes make sense is
 * said in `../operator_rules.ts`.
 */
export const FileLocation = z.url({ error: "is not an absolute URL" })
  .regex(URI_CHARACTERS, "must percent-encode blanks and everything that is not ASCII")
  .describe("An absolute ftp, ftps, sftp, http or https URL");
