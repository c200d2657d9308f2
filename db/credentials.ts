/**
 * The hashes of charge points' keys. While a new key is on its way to a charge point, the old and the pending one are both
 * valid, until the charge point shows which of them it has.
 */
import { type Kysely, sql } from "kysely";
import type { Database, HashedKey } from "./tables.ts";
import { jsonb } from "./values.ts";

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
  /** A key that is sent to the charge point but not yet used by it: both are valid until it is promoted. Null: it was refused. */
  setPendingCredentials(identity: string, credentials: StoredCredentials | null): Promise<boolean>;
  /** The pending key was used: it becomes the only one. False: none was pending. */
  promotePendingCredentials(identity: string): Promise<boolean>;
  /** The charge point refused the pending key. False: no such charge point. */
  dropPendingCredentials(identity: string): Promise<boolean>;
}

/** The part of the charge points' repository that writes credentials. */
export function keepCredentials(db: Kysely<Database>): CredentialKeeping {
  return {
    async setCredentials(identity, credentials) {
      const { numUpdatedRows } = await db.updateTable("chargePoints")
        .set({ credentials: credentials && jsonb(hashedKeyOf(credentials)), pendingCredentials: null })
        .where("identity", "=", identity).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async setPendingCredentials(identity, credentials) {
      const { numUpdatedRows } = await db.updateTable("chargePoints")
        .set({ pendingCredentials: credentials && jsonb(hashedKeyOf(credentials)) })
        .where("identity", "=", identity).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async dropPendingCredentials(identity) {
      const { numUpdatedRows } = await db.updateTable("chargePoints").set({ pendingCredentials: null })
        .where("identity", "=", identity).executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    async promotePendingCredentials(identity) {
      const { numUpdatedRows } = await db.updateTable("chargePoints")
        .set({ credentials: sql<HashedKey>`pending_credentials`, pendingCredentials: null })
        .where("identity", "=", identity).where("pendingCredentials", "is not", null).executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

/** Stored credentials as bytes again. */
export function credentialsOf(key: HashedKey | null): StoredCredentials | null {
  return key && { scheme: key.scheme, salt: Uint8Array.fromHex(key.salt), hash: Uint8Array.fromHex(key.hash) };
}

function hashedKeyOf({ scheme, salt, hash }: StoredCredentials): HashedKey {
  return { scheme, salt: new Uint8Array(salt).toHex(), hash: new Uint8Array(hash).toHex() };
}
