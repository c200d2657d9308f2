/**
 * Local lists as operators want them. A charge point should have the entries of its own list and of every shared list whose label it has.
 * For an idTag in several lists, its own list has precedence, then the shared ones by name. An entry without idTagInfo gets it from the
 * registered idTag when it is sent.
 */
import { type Kysely, sql } from "kysely";
import type { ListChange } from "../../ocpp/local_auth_list_management/local_list.ts";
import { hasLabelOf } from "../labels.ts";
import { keyedRows } from "../engine/keyed_rows.ts";
import { type Listed, listPage, type Page } from "../engine/list_page.ts";
import type { Database, Row } from "../tables.ts";
import { folded, json, texts, without } from "../engine/values.ts";

/** A list for every charge point with `label` ("name" or "name=value"). */
export type SharedLocalList = Omit<Row<"localLists">, "foldedIdTags">;

/** The entries of one list of a charge point. `list` is the name of a shared list; null: its own list. */
export interface DesiredPart {
  list: string | null;
  entries: ListChange[];
}

/** The fields of a registered idTag that complete an entry without idTagInfo. */
export type KnownIdTag = Pick<Row<"idTags">, "foldedIdTag" | "status" | "expiryDate" | "parentIdTag">;

/** The own lists by charge point, and the shared lists by name. */
export interface DesiredLocalLists {
  /** Sets a charge point's own list. */
  set(chargePoint: string, entries: readonly ListChange[], now: Date): Promise<void>;
  /** All lists of a charge point: its own first, then the shared ones by name. Empty: no local list is desired there. */
  partsFor(chargePoint: string): Promise<DesiredPart[]>;
  /** The registered ones of these idTags. */
  idTagsAmong(idTags: readonly string[]): Promise<KnownIdTag[]>;
  find(name: string): Promise<SharedLocalList | undefined>;
  /** By name, ascending, without their entries. Throws BadCursor. */
  list(page: Page): Promise<Listed<Omit<SharedLocalList, "entries"> & { entryCount: number }>>;
  /** Creates or replaces a shared list. `labelBefore`: its label before, undefined for a new list. */
  put(
    name: string,
    label: string,
    entries: readonly ListChange[],
    now: Date,
  ): Promise<{ list: SharedLocalList; labelBefore: string | undefined }>;
  /** Removes a shared list and returns it. */
  remove(name: string): Promise<SharedLocalList | undefined>;
}

/** Builds the repository. */
export function desiredLocalLists(db: Kysely<Database>): DesiredLocalLists {
  const rows = keyedRows(db, "localLists", "name");
  return {
    async set(chargePoint, entries, now) {
      const values = { ...columnsOf(entries), updatedAt: now };
      await db.insertInto("desiredLocalLists").values({ chargePoint, ...values })
        .onConflict((conflict) => conflict.column("chargePoint").doUpdateSet(values)).execute();
    },

    async partsFor(chargePoint) {
      const { rows } = await sql<DesiredPart>`
        select null as list, entries from desired_local_lists where charge_point = ${chargePoint}
        union all
        select l.name, l.entries from local_lists l join charge_points p on ${hasLabelOf("p", "l.label")}
        where p.identity = ${chargePoint}`.execute(db);
      return rows.sort((one, other) => (one.list ?? "") < (other.list ?? "") ? -1 : 1);
    },

    idTagsAmong: (idTags) =>
      db.selectFrom("idTags").select(["foldedIdTag", "status", "expiryDate", "parentIdTag"])
        .where(sql<boolean>`folded_id_tag = any(${texts(idTags.map(folded))})`).execute(),

    async find(name) {
      const row = await rows.find(name);
      return row && listOf(row);
    },

    list(page) {
      const lists = db.selectFrom("localLists").select(["name", "label", "createdAt", "updatedAt"])
        .select(sql<number>`cardinality(folded_id_tags)`.as("entryCount"));
      return listPage(lists, page, { by: { name: "text" }, order: "ascending" });
    },

    async put(name, label, entries, now) {
      const values = { label, ...columnsOf(entries), updatedAt: now };
      const row = await db.with("before", (b) => b.selectFrom("localLists").select("label").where("name", "=", name))
        .insertInto("localLists").values({ name, ...values, createdAt: now })
        .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
        .returningAll().returning(sql<string | null>`(select label from before)`.as("labelBefore"))
        .executeTakeFirstOrThrow();
      const { labelBefore, ...list } = row;
      return { list: listOf(list), labelBefore: labelBefore ?? undefined };
    },

    async remove(name) {
      const row = await db.deleteFrom("localLists").where("name", "=", name).returningAll().executeTakeFirst();
      return row && listOf(row);
    },
  };
}

function columnsOf(entries: readonly ListChange[]) {
  return { entries: json([...entries]), foldedIdTags: texts(entries.map(({ idTag }) => folded(idTag))) };
}

function listOf(row: Row<"localLists">): SharedLocalList {
  return without(row, "foldedIdTags");
}
