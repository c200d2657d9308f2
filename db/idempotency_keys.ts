/**
 * The POST requests with an Idempotency-Key, by API key. The row is written before the request takes effect: after a crash, the same
 * request finds it and does not take effect twice.
 */
import { type Kysely, sql } from "kysely";
import type { Database, Row } from "./tables.ts";

/** What identifies a request. `fingerprint` is a hash of its content. */
export type KeyedRequest = Readonly<Pick<Row<"idempotencyKeys">, "apiKey" | "key" | "fingerprint">>;

/**
 * The state of a key. `begun`: the key is new, and the request may take effect now. `running`: this process works on it, or
 * (`elsewhere`) another one. `interrupted`: its process has ended, and it is not known whether the request took effect.
 */
export type KeyState =
  | { readonly state: "begun" }
  | { readonly state: "running"; readonly elsewhere: boolean; readonly fingerprint: Uint8Array }
  | { readonly state: "interrupted"; readonly fingerprint: Uint8Array }
  | { readonly state: "answered"; readonly fingerprint: Uint8Array; readonly answer: Uint8Array };

/** The keys and the stored answers. */
export interface IdempotencyKeys {
  /** Reserves the key for this request unless it was used after `keptFrom`. */
  begin(request: KeyedRequest, now: Date, keptFrom: Date): Promise<KeyState>;
  /** Stores the answer, with which the same request is answered again from now on. */
  finish(request: KeyedRequest, answer: Uint8Array): Promise<void>;
  /** Removes keys that were used before, a bounded number at a time; returns how many. */
  removeBefore(keptFrom: Date): Promise<number>;
}

/** Builds the repository. `process` is the number of this process's lease (engine/node_lease.ts). */
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
      // A process has ended when its lease can be locked. The lock is released with the end of this statement.
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
