/**
 * The idTags that operators have registered. Every Authorize and StartTransaction reads one, operators seldom write one. So reads
 * come from a cache, which also remembers which idTags do not exist.
 */
import { type Kysely, sql } from "kysely";
import { Cache } from "./engine/cache.ts";
import { batched } from "./engine/batched.ts";
import { keyedRows } from "./engine/keyed_rows.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row } from "./tables.ts";
import { folded, texts, without } from "./engine/values.ts";

/** An idTag in the spelling in which it was created. Look-ups ignore case (OCPP 1.6, 7.28: IdToken is a CiString20Type). */
export type IdTag = Omit<Row<"idTags">, "foldedIdTag" | "foldedParentIdTag">;

/** The fields that an operator sets. */
export type IdTagFields = Omit<IdTag, "idTag" | "createdAt" | "updatedAt">;

/** The filter of `list`. The parent is compared without case. */
export interface IdTagFilter extends Partial<Pick<IdTag, "status">> {
  parentIdTag?: string;
}

/** The idTags by their text, without case. */
export interface IdTags {
  /** Cached, misses included. A change by this process is seen at once, a change by another process within 30 s. */
  find(idTag: string): Promise<IdTag | undefined>;
  /** By idTag in lower case, ascending. Throws BadCursor. */
  list(filter: IdTagFilter, page: Page): Promise<Listed<IdTag>>;
  put(idTag: string, fields: IdTagFields, now: Date): Promise<{ row: IdTag; created: boolean }>;
  patch(idTag: string, fields: Partial<IdTagFields>, now: Date): Promise<IdTag | undefined>;
  remove(idTag: string): Promise<boolean>;
}

const CACHED_TAGS = 200_000;
const TTL_MS = 30_000;

/** Builds the repository. `monotonicMs` is the clock of the cache. */
export function idTags(db: Kysely<Database>, monotonicMs: () => number): IdTags {
  const cache = new Cache<IdTag | undefined>({ maxEntries: CACHED_TAGS, ttlMs: TTL_MS, monotonicMs });

  const rows = keyedRows(db, "idTags", "foldedIdTag");

  const load = batched(async (keys: readonly string[]) => {
    const rows = await db.selectFrom("idTags").selectAll()
      .where(sql<boolean>`folded_id_tag = any(${texts(keys)})`).execute();
    const found = new Map(rows.map((row) => [row.foldedIdTag, idTagOf(row)]));
    return keys.map((key) => found.get(key));
  }, { maxRows: 500, maxInFlight: 2 });

  /** Removes the idTag from the cache after the write, also after a failed one: it may have committed. */
  async function changing<T>(key: string, write: Promise<T>): Promise<T> {
    try {
      return await write;
    } finally {
      cache.forget(key);
    }
  }

  return {
    find(idTag) {
      const key = folded(idTag);
      return cache.find(key, () => load(key));
    },

    list({ status, parentIdTag: parent }, page) {
      const where = { status, foldedParentIdTag: parent === undefined ? undefined : folded(parent) };
      const listing = { by: { foldedIdTag: "text" }, order: "ascending", where } as const;
      return listPage(db.selectFrom("idTags").selectAll(), page, listing, idTagOf);
    },

    async put(idTag, fields, now) {
      const key = folded(idTag);
      const { row, created } = await changing(key, rows.put(key, columnsOf(fields), now, { idTag }));
      return { row: idTagOf(row), created };
    },

    async patch(idTag, fields, now) {
      const key = folded(idTag);
      const row = await changing(key, rows.patch(key, columnsOf(fields), now));
      return row && idTagOf(row);
    },

    remove(idTag) {
      const key = folded(idTag);
      return changing(key, rows.remove(key));
    },
  };
}

function columnsOf<Fields extends Partial<IdTagFields>>(fields: Fields) {
  const parent = fields.parentIdTag;
  return { ...fields, ...(parent !== undefined && { foldedParentIdTag: parent === null ? null : folded(parent) }) };
}

function idTagOf(row: Row<"idTags">): IdTag {
  return without(row, "foldedIdTag", "foldedParentIdTag");
}
