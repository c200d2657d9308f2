import { z } from "zod";

/** Those of SupportedFileTransferProtocols (errata 3.88) and sftp. `file:` would point into the charge point itself. */
const SCHEMES = /^(ftp|ftps|sftp|http|https)$/;

/** A URI is written in printable ASCII without blanks (RFC 3986); everything else is percent-encoded. */
const URI_CHARACTERS = /^[!-~]*$/;

/** Where a charge point fetches firmware from or uploads to. It is sent as it was given, and never opened by us. */
export const FileLocation = z.url({ protocol: SCHEMES, error: "is not an absolute ftp, ftps, sftp, http or https URL" })
  .regex(URI_CHARACTERS, "must percent-encode blanks and everything that is not ASCII")
  .describe("An absolute ftp, ftps, sftp, http or https URL");
