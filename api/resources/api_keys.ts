/**
 * API keys: creating, listing and revoking them, and the first admin key of a new database. A secret is shown once, when it is created;
 * only its hash is stored.
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

const NewApiKey = ApiKey.extend({
  secret: z.string().meta({ description: "The key to send. It is shown only in this response" }),
})
  .meta({ id: "NewApiKey" });

/** The prefix lets scanners find keys that were published by mistake. */
const PREFIX = "chk_";
const SECRET_BYTES = 32;

function makeSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
}

/**
 * Makes sure that there is an admin key: the setting's key is stored, and without the setting an empty table gets a random first key.
 * Returns the random key, to be printed once; null when none was created.
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

/** Operators' keys. Only an admin lists, creates and revokes them. */
export const apiKeyRoutes: readonly Route[] = [
  apiKeys.list({
    summary: "All API keys, without their secrets",
    load: ({ app, page }) => app.store.apiKeys.list(page),
  }),
  apiKeys.create({
    summary: "Creates an API key and shows its secret once",
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
    summary: "Revokes an API key; it stops working within 5 s",
    remove: ({ app, id }) => app.store.apiKeys.remove(id),
  }),
];
