/**
 * Which POST requests have been answered, by API key and Idempotency-Key. The row is there before the request takes effect, so that after
 * a crash the same request finds it and is not done twice.
 */
import { type Kysely, sql } from "kysely";
import type { Database, Row } from "./tables.ts";

/** A request as it is told from another one. */
export type KeyedRequest = Readonly<Pick<Row<"idempotencyKeys">, "apiKey" | "key" | "fingerprint">>;

/**
 * What is known of a key. `begun`: nothing was, and now the request may take effect. `running`: by this process, or by
 * another one that is there. `interrupted`: its process is gone, and nobody knows whether it took effect.
 */
export type KeyState =
  | { readonly state: "begun" }
  | { readonly state: "running"; readonly elsewhere: boolean; readonly fingerprint: Uint8Array }
  | { readonly state: "interrupted"; readonly fingerprint: Uint8Array }
  | { readonly state: "answered"; readonly fingerprint: Uint8Array; readonly answer: Uint8Array };

export interface IdempotencyKeys {
  /** Takes the key for this request unless it was used after `keptFrom`. */
  begin(request: KeyedRequest, now: Date, keptFrom: Date): Promise<KeyState>;
  /** Keeps the answer. Only after it the same request is answered again. */
  finish(request: KeyedRequest, answer: Uint8Array): Promise<void>;
  /** Forgets keys that were used before, a slice of them; returns how many. */
  removeBefore(keptFrom: Date): Promise<number>;
}

/** Builds the repository. `process` is the number under which other processes know this one. */
export function idempotencyKeys(db: Kysely<Database>, process: number): IdempotencyKeys {
  return {
    async begin({ apiKey, key, fingerprint }, now, keptFrom) {
      const values = { fingerprint, process, answer: null, createdAt: now };
      const begun = await db.insertInto("idempotencyKeys").values({ apiKey, key, ...values })
        .onConflict((conflict) =>
          conflict.columns(["apiKey", "key"]).doUpdateSet(values).where("idempotencyKeys.createdAt", "<=", keptFrom)
        )
        .returning("key").executeTakeFirst();
      if (begun) return { state: "begun" };
      // A process is gone when the lock of its presence can be had; it is let go again with this statement.
      const row = await db.selectFrom("idempotencyKeys").select(["fingerprint", "answer", "process"])
        .select(
          sql<boolean>`case when answer is null and process <> ${process}::bigint
            then pg_try_advisory_xact_lock(process) else false end`.as("isLost"),
        )
        .where("apiKey", "=", apiKey).where("key", "=", key).executeTakeFirstOrThrow();
      if (row.answer) return { state: "answered", fingerprint: row.fingerprint, answer: row.answer };
      if (row.isLost) return { state: "interrupted", fingerprint: row.fingerprint };
      return { state: "running", elsewhere: row.process !== process, fingerprint: row.fingerprint };
    },

    async finish({ apiKey, key, fingerprint }, answer) {
      await db.updateTable("idempotencyKeys").set({ answer })
        .where("apiKey", "=", apiKey).where("key", "=", key).where("fingerprint", "=", fingerprint).execute();
    },

    async removeBefore(keptFrom) {
      const { numDeletedRows } = await db.deleteFrom("idempotencyKeys").where(
        "createdAt",
        "in",
        (from) => from.selectFrom("idempotencyKeys").select("createdAt").where("createdAt", "<=", keptFrom).limit(1000),
      ).executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}
