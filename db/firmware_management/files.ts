/**
 * The rows of files for download, and of the addresses at which charge points download them. A file without a row may exist, a row without a file
 * does not: the file is on the disk before the row is inserted, and the row is removed before the file.
 */
import { type Kysely, sql } from "kysely";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row } from "../tables.ts";
import { texts } from "../engine/values.ts";

/** A file for download. */
export type StoredFile = Row<"files">;

/** A new download address. */
export type NewFileAddress = Omit<Row<"fileAddresses">, "usedAt">;

/** The file of an address. `isOver`: the address has expired or was used. */
export interface FoundAddress extends Pick<NewFileAddress, "chargePoint" | "once"> {
  file: StoredFile;
  isOver: boolean;
}

/** The result of a removal. `usedBy`: the id of a campaign that needs the file; nothing was removed. */
export type FileRemoval = "removed" | "missing" | { readonly usedBy: string };

/** The files by id, and their addresses by the hash of the token. */
export interface Files {
  insert(file: StoredFile): Promise<void>;
  find(id: string): Promise<StoredFile | undefined>;
  /** Newest first. Throws BadCursor. */
  list(filter: Record<never, never>, page: Page): Promise<Listed<StoredFile>>;
  /** Removes the file's row and its addresses, unless a campaign that has not ended needs the file. */
  remove(id: string): Promise<FileRemoval>;
  /** Those of these ids that have a row. */
  known(ids: readonly string[]): Promise<Set<string>>;
  /** Undefined when there is no such file; then nothing is written. */
  insertAddress(address: NewFileAddress): Promise<StoredFile | undefined>;
  findAddress(tokenHash: string, now: Date): Promise<FoundAddress | undefined>;
  /** Records that the whole file was downloaded. */
  useAddress(tokenHash: string, now: Date): Promise<void>;
  /** Removes addresses that expired before. Until then, an expired address and an unknown one have different answers. */
  removeAddressesBefore(expired: Date): Promise<void>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Builds the repository. */
export function files(db: Kysely<Database>): Files {
  return {
    async insert(file) {
      await db.insertInto("files").values(file).execute();
    },

    async find(id) {
      if (!UUID.test(id)) return undefined;
      return await db.selectFrom("files").selectAll().where("id", "=", id).executeTakeFirst();
    },

    list: (_filter, page) => listPage(db.selectFrom("files").selectAll(), page, { by: { id: "uuid" } }),

    async remove(id) {
      if (!UUID.test(id)) return "missing";
      const { rows: [found] } = await sql<{ usedBy: string | null }>`
        with wanted as (
          select f.id, (select c.id from firmware_campaigns c
            where c.file = f.id::text and c.state in ('draft', 'running', 'paused') limit 1) as used_by
          from files f where f.id = ${id}::uuid
        ), removed as (
          delete from files f using wanted w where f.id = w.id and w.used_by is null
        ) select used_by from wanted`.execute(db);
      if (!found) return "missing";
      return found.usedBy === null ? "removed" : { usedBy: found.usedBy };
    },

    async known(ids) {
      const rows = await db.selectFrom("files").select("id").where(sql<boolean>`id::text = any(${texts(ids)})`)
        .execute();
      return new Set(rows.map(({ id }) => id));
    },

    async insertAddress({ tokenHash, file, chargePoint, once, createdAt, expiresAt }) {
      if (!UUID.test(file)) return undefined;
      const { rows } = await sql<StoredFile>`
        with made as (
          insert into file_addresses (token_hash, file, charge_point, once, created_at, expires_at)
          select ${tokenHash}::text, id, ${chargePoint}::text, ${once}::boolean, ${createdAt}::timestamptz, ${expiresAt}::timestamptz
          from files where id = ${file}::uuid
          returning file
        ) select f.* from files f join made on made.file = f.id`.execute(db);
      return rows[0];
    },

    async findAddress(tokenHash, now) {
      const row = await db.selectFrom("fileAddresses as a").innerJoin("files as f", "f.id", "a.file").selectAll("f")
        .select(["a.chargePoint", "a.once", "a.usedAt", "a.expiresAt"]).where("a.tokenHash", "=", tokenHash)
        .executeTakeFirst();
      if (!row) return undefined;
      const { chargePoint, once, usedAt, expiresAt, ...file } = row;
      return { file, chargePoint, once, isOver: expiresAt <= now || (once && usedAt !== null) };
    },

    async useAddress(tokenHash, now) {
      await db.updateTable("fileAddresses").set({ usedAt: now })
        .where("tokenHash", "=", tokenHash).where("usedAt", "is", null).execute();
    },

    async removeAddressesBefore(expired) {
      await db.deleteFrom("fileAddresses").where("expiresAt", "<", expired).execute();
    },
  };
}
