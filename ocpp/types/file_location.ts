import { z } from "zod";

/** A URI has printable ASCII characters without blanks (RFC 3986); all other characters are percent-encoded. */
const URI_CHARACTERS = /^[!-~]*$/;

/**
 * The URL from which a charge point downloads firmware, or to which it uploads a file. It is sent as given; the Central System does not open
 * it. `../operator_rules.ts` has the allowed schemes.
 */
export const FileLocation = z.url({ error: "is not an absolute URL" })
  .regex(URI_CHARACTERS, "must have blanks and non-ASCII characters percent-encoded")
  .describe("An absolute ftp, ftps, sftp, http or https URL");
