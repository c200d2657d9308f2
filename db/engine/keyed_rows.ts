/**
 * The statements of a simple table: operators write whole rows under one key, and the table has `created_at` and `updated_at`.
 */
import { type InsertObject, type Kysely, type Selectable, sql, type UpdateObject } from "kysely";
import type { Database } from "../tables.ts";
import { without } from "./values.ts";

/** The tables with both times. */
type Dated = { [T in keyof Database]: "createdAt" | "updatedAt" extends keyof Database[T] ? T : never }[keyof Database];

/** The columns of a row that the caller writes. */
type Columns<T extends keyof Database, Key extends PropertyKey> = Omit<
  InsertObject<Database, T>,
  Key | "createdAt" | "updatedAt"
>;

/** The row of a key, or undefined. */
type Found<T extends keyof Database> = Promise<Selectable<Database[T]> | undefined>;

/** The rows of one table by their key. */
export interface KeyedRows<T extends Dated, Key extends keyof Database[T]> {
  find(key: string): Found<T>;
  /** Creates the row or replaces these columns. The columns of `once` are written only when the row is created. */
  put<Once extends Partial<Columns<T, Key>> = Record<never, never>>(
    key: string,
    columns: Omit<Columns<T, Key>, keyof Once>,
    now: Date,
    once?: Once,
  ): Promise<{ row: Selectable<Database[T]>; created: boolean }>;
  /** Sets these columns of an existing row. */
  patch(key: string, columns: Omit<UpdateObject<Database, T>, Key>, now: Date): Found<T>;
  /** False: there was no such row. */
  remove(key: string): Promise<boolean>;
}

/** Builds the statements. Inside, Kysely sees a table without known columns; the types of `KeyedRows` check the columns. */
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
        .returning(sql<boolean>`xmax = 0`.as("created")) // PostgreSQL sets xmax only on a row that existed before.
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
