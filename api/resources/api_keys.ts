/**
 * API keys: made, listed, revoked, and the first one, without which nobody could get in. A secret is shown at the moment it is made;
 * only its hash is kept.
 */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Settings } from "../../actors/settings/settings.ts";
import type { Store } from "../../db/store.ts";
import { moment, nothing } from "../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../http/list.ts";
import { hashOfKey, ROLES } from "../http/operator.ts";
import { notFound } from "../http/problem.ts";
import { created, done, ok, type Route, route } from "../http/route.ts";

const tag = "API keys";
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

/** Keys of operators. Only admins see and make them. */
export const apiKeyRoutes: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/api-keys",
    access: "admin",
    tag,
    summary: "All API keys, without their secrets",
    query: listQuery({}),
    answers: { 200: listOf(ApiKey) },
    handle: async ({ query, app }) => ok(await app.store.apiKeys.list(pageAndFilter(query).page)),
  }),
  route({
    method: "post",
    path: "/v1/api-keys",
    access: "admin",
    tag,
    summary: "Makes an API key and shows its secret once",
    body: z.strictObject({ name, role }),
    example: { name: "night shift", role: "operator" },
    answers: { 201: NewApiKey },
    handle: async ({ body, app }) => {
      const secret = makeSecret();
      const id = crypto.randomUUID();
      const made = { id, ...body, hash: hashOfKey(secret), createdAt: app.clock.now() };
      const key = await app.store.apiKeys.insert(made);
      return created({ ...key, secret }, `/v1/api-keys/${key.id}`);
    },
  }),
  route({
    method: "delete",
    path: "/v1/api-keys/{id}",
    access: "admin",
    tag,
    summary: "Revokes an API key; dead everywhere within 5 s",
    params: z.strictObject({ id: z.uuid() }),
    answers: { 204: nothing },
    handle: async ({ params, app }) => {
      if (!await app.store.apiKeys.remove(params.id)) throw notFound(`There is no API key ${params.id}`);
      return done;
    },
  }),
];
