/**
 * The plain statements of a table whose rows operators write whole: one key, and `created_at` and `updated_at` beside what is set.
 */
import { type InsertObject, type Kysely, type Selectable, sql, type UpdateObject } from "kysely";
import type { Database } from "../tables.ts";
import { without } from "./values.ts";

/** Tables with both times. */
type Dated = { [T in keyof Database]: "createdAt" | "updatedAt" extends keyof Database[T] ? T : never }[keyof Database];

/** What is written of a row by its caller. */
type Columns<T extends keyof Database, Key extends PropertyKey> = Omit<
  InsertObject<Database, T>,
  Key | "createdAt" | "updatedAt"
>;

/** A row, or nothing where there is none under the key. */
type Found<T extends keyof Database> = Promise<Selectable<Database[T]> | undefined>;

/** Rows of a table by their key. */
export interface KeyedRows<T extends Dated, Key extends keyof Database[T]> {
  find(key: string): Found<T>;
  /** Creates the row or replaces these columns; those of `once` stay as they were when the row was created. */
  put<Once extends Partial<Columns<T, Key>> = Record<never, never>>(
    key: string,
    columns: Omit<Columns<T, Key>, keyof Once>,
    now: Date,
    once?: Once,
  ): Promise<{ row: Selectable<Database[T]>; created: boolean }>;
  /** Sets these columns of a row that is there. */
  patch(key: string, columns: Omit<UpdateObject<Database, T>, Key>, now: Date): Found<T>;
  /** False: there was none. */
  remove(key: string): Promise<boolean>;
}

/** Builds the statements. To Kysely it is any table here: which columns it has is checked by the types of `KeyedRows`. */
export function keyedRows<T extends Dated, Key extends keyof Database[T] & string>(
  database: Kysely<Database>,
  table: T,
  key: Key,
): KeyedRows<T, Key> {
  const db = database as unknown as Kysely<{ rows: Record<string, unknown> }>;
  const rows = table as unknown as "rows";
  const column: string = key;
  type Row = Selectable<Database[T]>;
  return {
    find: (value) => db.selectFrom(rows).selectAll().where(column, "=", value).executeTakeFirst() as Found<T>,

    async put(value, columns, now, once) {
      const set = { ...columns, updatedAt: now };
      const row = await db.insertInto(rows).values({ ...set, ...once, [column]: value, createdAt: now })
        .onConflict((conflict) => conflict.column(column).doUpdateSet(set)).returningAll()
        .returning(sql<boolean>`xmax = 0`.as("created")) // xmax is only set on a row that was there before
        .executeTakeFirstOrThrow();
      return { row: without(row, "created") as unknown as Row, created: row.created };
    },

    patch: (value, columns, now) =>
      db.updateTable(rows).set({ ...columns, updatedAt: now }).where(column, "=", value)
        .returningAll().executeTakeFirst() as Found<T>,

    async remove(value) {
      const { numDeletedRows } = await db.deleteFrom(rows).where(column, "=", value).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}
