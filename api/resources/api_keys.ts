/**
 * API keys: made, listed, revoked, and the first one, without which nobody could get in. A secret is shown at the moment it is made;
 * only its hash is kept.
 */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Settings } from "../../actors/settings/settings.ts";
import type { Store } from "../../db/store.ts";
import { moment } from "../http/fields.ts";
import { hashOfKey, ROLES } from "../http/operator.ts";
import { resource } from "../http/resource.ts";
import type { Route } from "../http/route.ts";

const name = z.string().min(1).max(100).meta({ example: "night shift" });
const role = z.enum(ROLES);

const ApiKey = z.object({ id: z.string(), name, role, createdAt: moment, lastUsedAt: moment.nullable() })
  .meta({ id: "ApiKey" });

const NewApiKey = ApiKey.extend({ secret: z.string().meta({ description: "Shown this once and never again" }) })
  .meta({ id: "NewApiKey" });

/** The prefix lets scanners find keys that were published by mistake. */
const PREFIX = "chk_";
const SECRET_BYTES = 32;

function makeSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
}

/**
 * Sees to it that somebody can get in: the key of the settings is made known, and without one an empty table gets its first key.
 * Returns that key, to be printed once; null when there was nothing to make.
 */
export async function ensureAdminKey(
  store: Store,
  settings: Pick<Settings, "adminKey">,
  now: Date,
): Promise<string | null> {
  const made = settings.adminKey === null && await store.apiKeys.count() === 0 ? makeSecret() : null;
  const secret = settings.adminKey ?? made;
  if (secret !== null) {
    const name = made === null ? "CHARGEHAND_ADMIN_KEY" : "first admin key";
    const key = { id: crypto.randomUUID(), name, role: "admin", hash: hashOfKey(secret), createdAt: now } as const;
    await store.apiKeys.insert(key);
  }
  return made;
}

const apiKeys = resource({
  path: "/v1/api-keys",
  key: { id: z.uuid() },
  tag: "API keys",
  noun: "API key",
  read: "admin",
  write: "admin",
  shows: ApiKey,
});

/** Keys of operators. Only admins see and make them. */
export const apiKeyRoutes: readonly Route[] = [
  apiKeys.list({
    summary: "All API keys, without their secrets",
    load: ({ app, page }) => app.store.apiKeys.list(page),
  }),
  apiKeys.create({
    summary: "Makes an API key and shows its secret once",
    body: z.strictObject({ name, role }),
    example: { name: "night shift", role: "operator" },
    made: NewApiKey,
    async save({ app, body }) {
      const secret = makeSecret();
      const made = { id: crypto.randomUUID(), ...body, hash: hashOfKey(secret), createdAt: app.clock.now() };
      const key = await app.store.apiKeys.insert(made);
      return { id: key.id, row: { ...key, secret } };
    },
  }),
  apiKeys.remove({
    summary: "Revokes an API key; dead everywhere within 5 s",
    remove: ({ app, id }) => app.store.apiKeys.remove(id),
  }),
];
