/**
 * The hashes of charge points' keys. While new keys are on their way to a charge point, the old and the pending ones are all
 * valid, until the charge point shows which of them it has.
 */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Database, HashedKey } from "./tables.ts";
import { jsonb } from "./engine/values.ts";

/** A salted hash of a charge point's key. */
export interface StoredCredentials {
  scheme: "sha256" | "scrypt";
  salt: Uint8Array;
  hash: Uint8Array;
}

/** Writes of credentials. Reading them is `findForAdmission`'s alone. */
export interface CredentialKeeping {
  /** Replaces the credentials and forgets pending ones. False: no such charge point. */
  setCredentials(identity: string, credentials: StoredCredentials | null): Promise<boolean>;
  /** A key that is sent to the charge point but not yet used by it. Only the newest few are kept. False: no such charge point. */
  addPendingCredentials(identity: string, credentials: StoredCredentials): Promise<boolean>;
  /** This pending key was used: it replaces those before it; one sent after it may still take its place. False: it was not pending. */
  promotePendingCredentials(identity: string, used: StoredCredentials): Promise<boolean>;
  /** The charge point refused this pending key. False: no such charge point. */
  dropPendingCredentials(identity: string, refused: StoredCredentials): Promise<boolean>;
}

/** The part of the charge points' repository that writes credentials. */
export function keepCredentials(db: Kysely<Database>): CredentialKeeping {
  return {
    async setCredentials(identity, credentials) {
      const { numUpdatedRows } = await db.updateTable("chargePoints")
        .set({ credentials: credentials && jsonb(hashedKeyOf(credentials)), pendingCredentials: jsonb([]) })
        .where("identity", "=", identity).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async addPendingCredentials(identity, credentials) {
      const added = sql`pending_credentials || ${jsonb([hashedKeyOf(credentials)])}`;
      const { numUpdatedRows } = await db.updateTable("chargePoints")
        .set({ pendingCredentials: sql`jsonb_path_query_array(${added}, ${NEWEST}::jsonpath)` })
        .where("identity", "=", identity).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async dropPendingCredentials(identity, refused) {
      const { numUpdatedRows } = await db.updateTable("chargePoints")
        .set({ pendingCredentials: pendingWhere(sql`key ->> 'salt' <> ${saltOf(refused)}`) })
        .where("identity", "=", identity).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async promotePendingCredentials(identity, used) {
      const place = sql`(select n from ${PENDING} where key ->> 'salt' = ${saltOf(used)})`;
      const { numUpdatedRows } = await db.updateTable("chargePoints")
        .set({ credentials: jsonb(hashedKeyOf(used)), pendingCredentials: pendingWhere(sql`n > ${place}`) })
        .where("identity", "=", identity).where(sql<boolean>`${place} is not null`).executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

/** Stored credentials as bytes again. */
export function credentialsOf({ scheme, salt, hash }: HashedKey): StoredCredentials {
  return { scheme, salt: Uint8Array.fromHex(salt), hash: Uint8Array.fromHex(hash) };
}

function hashedKeyOf({ scheme, salt, hash }: StoredCredentials): HashedKey {
  return { scheme, salt: new Uint8Array(salt).toHex(), hash: new Uint8Array(hash).toHex() };
}

/** What tells a stored key from all others. */
function saltOf(credentials: StoredCredentials): string {
  return hashedKeyOf(credentials).salt;
}

/** Each of them costs a hash when a charge point comes with a wrong key, so there are never more than four. */
const NEWEST = "$[last - 3 to last]";

const PENDING = sql`jsonb_array_elements(pending_credentials) with ordinality as pending(key, n)`;

/** Those of the pending keys that stay. */
function pendingWhere(condition: RawBuilder<unknown>): RawBuilder<HashedKey[]> {
  return sql`(select coalesce(jsonb_agg(key order by n), '[]') from ${PENDING} where ${condition})`;
}
