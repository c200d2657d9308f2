/**
 * TLS of one session (RFC 4217): on the control connection since AUTH, on data connections after PROT P. Where TLS begins at once, data connections
 * are protected until PROT C.
 */
import { type Certificate, readCertificate } from "../../actors/settings/ftp_certificate.ts";
import type { App } from "../http/app.ts";
import type { Reply } from "./reply.ts";

export class Protection {
  #certificate: Certificate | undefined;
  #isSized = false;
  #isOfData = false;

  constructor(readonly app: Pick<App, "settings" | "log">) {}

  /** With what the control connection is protected, once TLS has begun. */
  get ofControl(): Certificate | undefined {
    return this.#certificate;
  }

  /** What FEAT tells of it (RFC 4217 6). */
  get features(): string[] {
    return this.app.settings.ftpCertificate === null ? [] : ["AUTH TLS", "PBSZ", "PROT"];
  }

  /** With what data connections are protected; undefined: not at all. */
  get ofData(): Certificate | undefined {
    return this.#isOfData ? this.#certificate : undefined;
  }

  /** The certificate for a session in which TLS begins at once; undefined when there is none to be had. */
  begin(): Certificate | undefined {
    this.#isSized = this.#isOfData = true;
    return this.#certificate = this.#read();
  }

  /** AUTH: with 234, TLS begins on the control connection (RFC 4217 4). */
  auth(mechanism: string): Reply {
    if (this.features.length === 0) return [502, "There is no TLS here"];
    if (this.#certificate) return [503, "TLS has begun already"];
    if (!/^TLS(-C)?$/i.test(mechanism)) return [504, "Only TLS"];
    this.#certificate = this.#read();
    return this.#certificate ? [234, "TLS begins"] : [431, "The certificate cannot be used now"];
  }

  /** PBSZ: with TLS there is no buffer, but PROT needs it said (RFC 4217 8). */
  size(): Reply {
    if (!this.#certificate) return [503, "AUTH comes first"];
    this.#isSized = true;
    return [200, "PBSZ=0"];
  }

  /** PROT: whether the data connections that follow are protected (RFC 4217 9). */
  level(level: string): Reply {
    if (!this.#isSized) return [503, "PBSZ comes first"];
    if (/^[SE]$/i.test(level)) return [536, "C and P"];
    if (!/^[CP]$/i.test(level)) return [504, "C and P"];
    this.#isOfData = /^P$/i.test(level);
    return [200, this.#isOfData ? "Data connections are protected" : "Data connections are in clear"];
  }

  #read(): Certificate | undefined {
    const { settings, log } = this.app;
    const read = readCertificate(settings);
    if (read?.ok) return read.certificate;
    for (const mistake of read?.mistakes ?? []) log.error(`The FTP server's certificate: ${mistake}`);
    return undefined;
  }
}
