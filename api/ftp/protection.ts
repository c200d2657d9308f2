/**
 * The state of TLS in one session (RFC 4217): on the control connection after AUTH, on data connections after PROT P. With implicit TLS (ftps://),
 * data connections are protected until PROT C.
 */
import { type Certificate, readCertificate } from "../../actors/settings/ftp_certificate.ts";
import type { App } from "../http/app.ts";
import type { Reply } from "./reply.ts";

/** The reply when TLS cannot begin; the log has the reason. */
export const NO_CERTIFICATE: Reply = [431, "The server's certificate cannot be used; the server's log has the reason"];

/** The certificate of a session, and what it protects. */
export class Protection {
  #certificate: Certificate | undefined;
  #isSized = false;
  #isOfData = false;

  constructor(readonly app: Pick<App, "settings" | "log">) {}

  /** The certificate of the control connection; undefined: no TLS. */
  get ofControl(): Certificate | undefined {
    return this.#certificate;
  }

  /** The lines for FEAT (RFC 4217 6). */
  get features(): string[] {
    return this.app.settings.ftpCertificate === null ? [] : ["AUTH TLS", "PBSZ", "PROT"];
  }

  /** The certificate of data connections; undefined: no TLS. */
  get ofData(): Certificate | undefined {
    return this.#isOfData ? this.#certificate : undefined;
  }

  /** Begins implicit TLS. Returns its certificate; undefined when the certificate cannot be read. */
  begin(): Certificate | undefined {
    this.#isSized = this.#isOfData = true;
    return this.#certificate = this.#read();
  }

  /** The reply to AUTH. After 234 the caller begins TLS on the control connection (RFC 4217 4). */
  auth(mechanism: string): Reply {
    if (this.features.length === 0) return [502, "This server has no TLS; see CHARGEHAND_FTP_CERTIFICATE"];
    if (this.#certificate) return [503, "The connection already uses TLS"];
    if (!/^TLS(-C)?$/i.test(mechanism)) return [504, "The only mechanism is TLS"];
    this.#certificate = this.#read();
    return this.#certificate ? [234, "Begin the TLS handshake"] : NO_CERTIFICATE;
  }

  /** The reply to PBSZ. TLS has no buffer size, but PROT is only allowed after PBSZ (RFC 4217 8). */
  size(): Reply {
    if (!this.#certificate) return [503, "Send AUTH first"];
    this.#isSized = true;
    return [200, "PBSZ=0"];
  }

  /** The reply to PROT, which turns TLS of the following data connections on or off (RFC 4217 9). */
  level(level: string): Reply {
    if (!this.#isSized) return [503, "Send PBSZ first"];
    if (/^[SE]$/i.test(level)) return [536, "Only the levels C (clear) and P (private) are supported"];
    if (!/^[CP]$/i.test(level)) return [504, "Only the levels C (clear) and P (private) are supported"];
    this.#isOfData = /^P$/i.test(level);
    return [200, this.#isOfData ? "Data connections use TLS" : "Data connections do not use TLS"];
  }

  #read(): Certificate | undefined {
    const { settings, log } = this.app;
    const read = readCertificate(settings);
    if (read?.ok) return read.certificate;
    for (const mistake of read?.mistakes ?? []) log.error(`The FTP server cannot use its certificate: ${mistake}`);
    return undefined;
  }
}
