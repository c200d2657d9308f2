/**
 * The keys of operators and programs. A secret has 256 random bits. A plain SHA-256 of it is therefore enough to store, and
 * the duration of a look-up by that hash reveals nothing about the secret.
 */
import { type Kysely, sql } from "kysely";
import { Cache } from "./engine/cache.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row } from "./tables.ts";
import { without } from "./engine/values.ts";

/** An API key without its secret, of which only the SHA-256 is stored. */
export type ApiKey = Omit<Row<"apiKeys">, "number" | "hash">;

/** API keys, found by their id or by the hash of their secret. */
export interface ApiKeys {
  /** `hash` is the SHA-256 of the whole secret. Cached for at most 5 s: a revoked key must stop working within that time. */
  findByHash(hash: Uint8Array): Promise<ApiKey | undefined>;
  /** A hash that is stored already is no error, and nothing changes: two processes may have the same CHARGEHAND_ADMIN_KEY. */
  insert(key: Omit<ApiKey, "lastUsedAt"> & { hash: Uint8Array }): Promise<ApiKey>;
  /** Newest first. Throws BadCursor. */
  list(page: Page): Promise<Listed<ApiKey>>;
  remove(id: string): Promise<boolean>;
  count(): Promise<number>;
  /** Sets `lastUsedAt`, at most once a minute per key. */
  recordUse(id: string, now: Date): Promise<void>;
}

const TTL_MS = 5_000;
const CACHED_KEYS = 1_000;
const USE_INTERVAL_MS = 60_000;

/** Builds the repository. `monotonicMs` is the clock of the cache. */
export function apiKeys(db: Kysely<Database>, monotonicMs: () => number): ApiKeys {
  const cache = new Cache<ApiKey | undefined>({ maxEntries: CACHED_KEYS, ttlMs: TTL_MS, monotonicMs });

  return {
    findByHash(hash) {
      return cache.find(new Uint8Array(hash).toHex(), async () => {
        const row = await db.selectFrom("apiKeys").selectAll().where("hash", "=", hash).executeTakeFirst();
        return row && apiKeyOf(row);
      });
    },

    async insert(key) {
      const row = await db.insertInto("apiKeys").values(key)
        // An update that changes nothing makes the statement return an existing row, too.
        .onConflict((conflict) => conflict.column("hash").doUpdateSet({ hash: key.hash }))
        .returningAll().executeTakeFirstOrThrow();
      cache.clear();
      return apiKeyOf(row);
    },

    list: (page) => listPage(db.selectFrom("apiKeys").selectAll(), page, { by: { number: "number" } }, apiKeyOf),

    async remove(id) {
      const { numDeletedRows } = await db.deleteFrom("apiKeys").where("id", "=", id).executeTakeFirst();
      cache.clear();
      return numDeletedRows > 0n;
    },

    async count() {
      const { n } = await db.selectFrom("apiKeys").select(sql<number>`count(*)`.as("n")).executeTakeFirstOrThrow();
      return n;
    },

    async recordUse(id, now) {
      const before = new Date(now.getTime() - USE_INTERVAL_MS);
      await db.updateTable("apiKeys").set({ lastUsedAt: now }).where("id", "=", id)
        .where((is) => is.or([is("lastUsedAt", "is", null), is("lastUsedAt", "<", before)])).execute();
    },
  };
}

function apiKeyOf(row: Row<"apiKeys">): ApiKey {
  return without(row, "number", "hash");
}
