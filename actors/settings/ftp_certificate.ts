/**
 * The certificate with which the FTP server speaks TLS, and its private key. They are read whenever TLS begins, so that a renewed certificate needs no
 * restart, and once at the start, so that a mistake is told with all others.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

/** Both, in PEM as they stand in the files, and ready for `node:tls`. */
export interface Certificate {
  /** With those that lead to its root, if there are any. */
  readonly cert: string;
  readonly key: string;
  readonly secureContext: SecureContext;
}

/** The paths of both files; null or undefined: not set. */
export interface CertificateFiles {
  readonly ftpCertificate?: string | null;
  readonly ftpKey?: string | null;
}

/** A certificate, or what is wrong with its files, one sentence each. */
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
    return { ok: false, mistakes: [`${missing}: is expected beside ${given}; set both, or none for FTP without TLS`] };
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
    unexpected(CERTIFICATE, ftpCertificate, "one that TLS 1.2 takes", error);
  }
  return { ok: false, mistakes };
}
