/**
 * Tokens in the addresses at which charge points download and upload files. A client needs nothing but the token. A token is therefore random, and
 * only its hash is stored.
 */
import { createHash, randomBytes } from "node:crypto";

/** 128 bits. */
const TOKEN_BYTES = 16;

/** Matches the product's own upload addresses, with any host name. */
const UPLOAD_LOCATION = /\/uploads\/([0-9a-f]{32})\/?$/;

/** A random token of letters and digits only, because some firmware does not accept other characters. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("hex");
}

/** The SHA-256 of a token, in hex, as it is stored. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The path to which a charge point uploads a file: a directory, because the charge point appends the file name (OCPP 1.6 5.9). */
export function uploadPath(token: string): string {
  return `/uploads/${token}/`;
}

/** The hash of the token in an upload address; null: the address is not one of the product. */
export function uploadTokenHash(location: string): string | null {
  const token = UPLOAD_LOCATION.exec(location)?.[1];
  return token === undefined ? null : hashOf(token);
}
