/**
 * The rows of files that we serve and of the addresses at which charge points fetch them. A row is only there while its bytes are: they are on the
 * disk before the row is written, and the row is gone before they are removed.
 */
import { type Kysely, sql } from "kysely";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row } from "../tables.ts";
import { texts } from "../engine/values.ts";

/** A file that we serve. */
export type StoredFile = Row<"files">;

/** An address that is about to be given to a charge point. */
export type NewFileAddress = Omit<Row<"fileAddresses">, "usedAt">;

/** What an address leads to; `isOver` when it has expired or was used up. */
export interface FoundAddress extends Pick<NewFileAddress, "chargePoint" | "once"> {
  file: StoredFile;
  isOver: boolean;
}

/** What became of a removal. `usedBy`: the id of a campaign, and nothing was removed. */
export type FileRemoval = "removed" | "missing" | { readonly usedBy: string };

/** Files by id, addresses by their token's hash. */
export interface Files {
  insert(file: StoredFile): Promise<void>;
  find(id: string): Promise<StoredFile | undefined>;
  /** Newest first. Throws BadCursor. */
  list(filter: Record<never, never>, page: Page): Promise<Listed<StoredFile>>;
  /** With its addresses, unless a campaign that is not over needs it. */
  remove(id: string): Promise<FileRemoval>;
  /** Which of these ids have a row. */
  known(ids: readonly string[]): Promise<Set<string>>;
  /** Undefined, and nothing written, when there is no such file. */
  insertAddress(address: NewFileAddress): Promise<StoredFile | undefined>;
  findAddress(tokenHash: string, now: Date): Promise<FoundAddress | undefined>;
  /** The whole file was fetched. */
  useAddress(tokenHash: string, now: Date): Promise<void>;
  /** Forgets addresses that expired before; until then they are told from unknown ones. */
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
