/**
 * The hashes of charge points' keys (AuthorizationKey). A new key is pending until the charge point uses it. Until then the old key
 * and the pending ones are all valid.
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

/** The writes of credentials. Only `findForAdmission` reads them. */
export interface CredentialKeeping {
  /** Replaces the credentials and removes pending ones. False: no such charge point. */
  setCredentials(identity: string, credentials: StoredCredentials | null): Promise<boolean>;
  /** Adds a key that is sent to the charge point. Only the newest four are kept. False: no such charge point. */
  addPendingCredentials(identity: string, credentials: StoredCredentials): Promise<boolean>;
  /** The charge point used this pending key: it replaces the older ones; newer ones stay pending. False: it was not pending. */
  promotePendingCredentials(identity: string, used: StoredCredentials): Promise<boolean>;
  /** Removes a pending key that the charge point refused. False: no such charge point. */
  dropPendingCredentials(identity: string, refused: StoredCredentials): Promise<boolean>;
}

/** Builds the part of the charge points' repository that writes credentials. */
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

/** Decodes stored credentials from hex. */
export function credentialsOf({ scheme, salt, hash }: HashedKey): StoredCredentials {
  return { scheme, salt: Uint8Array.fromHex(salt), hash: Uint8Array.fromHex(hash) };
}

function hashedKeyOf({ scheme, salt, hash }: StoredCredentials): HashedKey {
  return { scheme, salt: new Uint8Array(salt).toHex(), hash: new Uint8Array(hash).toHex() };
}

/** The salt in hex, which identifies a stored key. */
function saltOf(credentials: StoredCredentials): string {
  return hashedKeyOf(credentials).salt;
}

/** At most four: a wrong key costs one hash computation for each pending key. */
const NEWEST = "$[last - 3 to last]";

const PENDING = sql`jsonb_array_elements(pending_credentials) with ordinality as pending(key, n)`;

/** The pending keys that meet a condition. */
function pendingWhere(condition: RawBuilder<unknown>): RawBuilder<HashedKey[]> {
  return sql`(select coalesce(jsonb_agg(key order by n), '[]') from ${PENDING} where ${condition})`;
}
