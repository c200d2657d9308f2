/**
 * Authentication and roles. An operator is known by the API key in `Authorization: Bearer …`; the key's role says what the operator may do.
 * Keys have 256 random bits, so that storing and looking up their plain SHA-256 is safe. A key in the query is ignored: URLs end up in logs.
 */
import { createHash } from "node:crypto";
import type { ApiKey } from "../../db/api_keys.ts";
import type { ApiKeyThrottle } from "./api_key_throttle.ts";
import type { App } from "./app.ts";
import { Problem } from "./problem.ts";

/** In ascending order: each role may do all that the ones before it may. */
export const ROLES = ["viewer", "operator", "admin"] as const;

/** `viewer` reads, `operator` also sends commands and edits, `admin` also manages API keys and charge points' credentials. */
export type Role = (typeof ROLES)[number];

/** The key that a request was sent with. */
export type Operator = Pick<ApiKey, "id" | "name" | "role">;

const CHALLENGE = { "WWW-Authenticate": 'Bearer realm="chargehand"' };

/** The operator who sent a request. Throws the problem of 401, or of 429 for an address that sent too many wrong keys. */
export async function operatorOf(
  headers: Headers,
  app: App,
  throttle: ApiKeyThrottle,
): Promise<Operator> {
  const secret = /^Bearer +(\S+) *$/i.exec(headers.get("Authorization") ?? "")?.[1];
  if (secret === undefined) {
    throw new Problem("unauthorized", "Send the header Authorization: Bearer <key>", { headers: CHALLENGE });
  }
  const hash = hashOfKey(secret);
  throttle.permit(hash);
  const key = await app.store.apiKeys.findByHash(hash);
  if (key === undefined) {
    throttle.failed(hash);
    throw new Problem(
      "unauthorized",
      "The API key is not known here; compare it with the key that was shown when it was created, including chk_",
      { headers: CHALLENGE },
    );
  }
  throttle.passed(hash);
  await app.store.apiKeys.recordUse(key.id, app.clock.now());
  return key;
}

/** Throws the problem of 403 unless the operator's role is at least this one. */
export function requireRole(operator: Operator, role: Role): void {
  if (ROLES.indexOf(operator.role) >= ROLES.indexOf(role)) return;
  throw new Problem(
    "forbidden",
    `This needs the role ${role}; the key "${operator.name}" has the role ${operator.role}`,
  );
}

/** The hash under which a key is stored and found. */
export function hashOfKey(secret: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(secret).digest());
}
