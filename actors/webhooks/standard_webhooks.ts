/**
 * Signs webhook requests with the Standard Webhooks scheme, version 1: HMAC-SHA256 over id, time and body. Receivers verify it with any
 * Standard Webhooks library. The signature prevents forged and replayed requests.
 */
import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";

const PREFIX = "whsec_";

/** The specification asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;
const SECRET_MIN_BYTES = 24;
const SECRET_MAX_BYTES = 64;

/** A new random secret, `whsec_` and Base64. The API shows it once. */
export function makeWebhookSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

/** Whether a text is a secret of this scheme. */
export function isWebhookSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  if (encoded === undefined) return false;
  const bytes = Buffer.from(encoded, "base64");
  return bytes.toString("base64") === encoded && bytes.length >= SECRET_MIN_BYTES && bytes.length <= SECRET_MAX_BYTES;
}

/** The three headers of a request. It is signed with every secret, so that receivers can change to a new one at any time. */
export function signatureHeaders(
  id: string,
  at: Date,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
