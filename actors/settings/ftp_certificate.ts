/**
 * The certificate and private key of the FTP server. They are read for each TLS connection, so that a renewed certificate needs no restart, and once
 * at the start, so that a mistake is reported together with those in other settings.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

/** Certificate and key, as PEM text and as a context for `node:tls`. */
export interface Certificate {
  /** The certificate, with its intermediate certificates if the file has them. */
  readonly cert: string;
  readonly key: string;
  readonly secureContext: SecureContext;
}

/** The paths of both files; null or undefined: not set. */
export interface CertificateFiles {
  readonly ftpCertificate?: string | null;
  readonly ftpKey?: string | null;
}

/** A certificate, or the mistakes in its files, one sentence each. */
export type ReadCertificate = { readonly ok: true; readonly certificate: Certificate } | {
  readonly ok: false;
  readonly mistakes: string[];
};

const [CERTIFICATE, KEY] = ["CHARGEHAND_FTP_CERTIFICATE", "CHARGEHAND_FTP_KEY"];

/** Reads both files; undefined when neither is set. */
export function readCertificate({ ftpCertificate, ftpKey }: CertificateFiles): ReadCertificate | undefined {
  if (!ftpCertificate && !ftpKey) return undefined;
  if (!ftpCertificate || !ftpKey) {
    const [missing, given] = ftpKey ? [CERTIFICATE, KEY] : [KEY, CERTIFICATE];
    return {
      ok: false,
      mistakes: [`${missing}: is expected together with ${given}; set both, or none for FTP without TLS`],
    };
  }
  const mistakes: string[] = [];
  const unexpected = (variable: string, path: string, expected: string, error?: unknown) => {
    const why = error instanceof Error ? ` (${error.message})` : "";
    mistakes.push(`${variable}: ${JSON.stringify(path)} is not what is expected: ${expected}${why}`);
  };
  const read = <T>(variable: string, path: string, expected: string, parse: (pem: string) => T) => {
    try {
      const pem = Deno.readTextFileSync(path);
      return { pem, is: parse(pem) };
    } catch (error) {
      unexpected(variable, path, expected, error);
      return undefined;
    }
  };
  const cert = read(
    CERTIFICATE,
    ftpCertificate,
    "a readable PEM file with a certificate",
    (pem) => new X509Certificate(pem),
  );
  const key = read(KEY, ftpKey, "a readable PEM file with a private key without a passphrase", createPrivateKey);
  if (!cert || !key) return { ok: false, mistakes };
  const pem = { cert: cert.pem, key: key.pem };
  try {
    const secureContext = createSecureContext({ ...pem, minVersion: "TLSv1.2" });
    if (cert.is.checkPrivateKey(key.is)) return { ok: true, certificate: { ...pem, secureContext } };
    unexpected(KEY, ftpKey, `the key of ${CERTIFICATE}`);
  } catch (error) {
    unexpected(CERTIFICATE, ftpCertificate, "a certificate that works with TLS 1.2", error);
  }
  return { ok: false, mistakes };
}
