/**
 * How a webhook's request proves where it comes from: the Standard Webhooks scheme, version 1 of its specification. Receivers check it with
 * any library of that name: HMAC-SHA256 over id, time and body, so that nobody can forge a request or send an old one again.
 */
import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";

const PREFIX = "whsec_";

/** The specification asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;
const SECRET_MIN_BYTES = 24;
const SECRET_MAX_BYTES = 64;

/** A new secret, to be shown once. */
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

/** The three headers of a request. Each secret signs, so that receivers may change from one to the next in their own time. */
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
