/**
 * Who asks. An operator is whoever presents an API key as `Authorization: Bearer …`; the key's role says how far they may go.
 * Keys have 256 random bits, so their plain SHA-256 is what is stored and looked up. A key in the query is no key: queries end
 * up in logs.
 */
import { createHash } from "node:crypto";
import type { ApiKey } from "../../db/api_keys.ts";
import type { ApiKeyThrottle } from "./api_key_throttle.ts";
import type { App } from "./app.ts";
import { Problem } from "./problem.ts";

/** From the least to the most: each may do what those before it may. */
export const ROLES = ["viewer", "operator", "admin"] as const;

/** `viewer` reads, `operator` also commands and edits, `admin` also manages keys and charge-point credentials. */
export type Role = (typeof ROLES)[number];

/** Whoever the key belongs to. */
export type Operator = Pick<ApiKey, "id" | "name" | "role">;

const CHALLENGE = { "WWW-Authenticate": 'Bearer realm="chargehand"' };

/** The operator behind a request. Throws the problem of 401, or of 429 for an address that presented too many wrong keys. */
export async function operatorOf(
  headers: Headers,
  app: App,
  attempts: ApiKeyThrottle,
): Promise<Operator> {
  const secret = /^Bearer +(\S+) *$/i.exec(headers.get("Authorization") ?? "")?.[1];
  if (secret === undefined) {
    throw new Problem("unauthorized", "Send the header Authorization: Bearer <key>", { headers: CHALLENGE });
  }
  const hash = hashOfKey(secret);
  attempts.permit(hash);
  const key = await app.store.apiKeys.findByHash(hash);
  if (key === undefined) {
    attempts.failed(hash);
    throw new Problem(
      "unauthorized",
      "The API key is not known here; compare it with what was shown when it was made, chk_ included",
      { headers: CHALLENGE },
    );
  }
  attempts.passed(hash);
  await app.store.apiKeys.noteUse(key.id, app.clock.now());
  return key;
}

/** Throws the problem of 403 unless the operator's role is at least this one. */
export function requireRole(operator: Operator, role: Role): void {
  if (ROLES.indexOf(operator.role) >= ROLES.indexOf(role)) return;
  throw new Problem("forbidden", `The role ${role} is needed, the key "${operator.name}" has ${operator.role}`);
}

/** The hash under which a key is stored and found. */
export function hashOfKey(secret: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(secret).digest());
}
