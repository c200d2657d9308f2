/**
 * Tokens in the addresses at which charge points fetch and bring files. A client that has a token may do so. A token therefore cannot be guessed, and
 * only its hash is written down.
 */
import { createHash, randomBytes } from "node:crypto";

/** 128 bits cannot be guessed. */
const TOKEN_BYTES = 16;

/** Our own upload addresses, wherever they are reached. */
const UPLOAD_LOCATION = /\/uploads\/([0-9a-f]{32})\/?$/;

/** A token for an address: letters and digits only, since it is typed into odd firmware now and then. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("hex");
}

/** What of a token is kept. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The path at which a charge point brings a file: a directory, because it appends its own name to it (OCPP 1.6 5.9). */
export function uploadPath(token: string): string {
  return `/uploads/${token}/`;
}

/** The hash of the token in an upload address of ours; null: it is a foreign one. */
export function uploadTokenHash(location: string): string | null {
  const token = UPLOAD_LOCATION.exec(location)?.[1];
  return token === undefined ? null : hashOf(token);
}
