/**
 * Keeps the planner's statistics up to date. Without statistics the planner uses default assumptions, and every connection keeps the plan
 * that it made for an empty table until the next ANALYZE: a batch then reads the whole table instead of an index. Autovacuum runs only
 * after a minute or more, in which a large network writes a hundred thousand rows.
 */
import { type Kysely, sql } from "kysely";
import type { Database } from "../tables.ts";

/**
 * Analyses each table and partition that has at least doubled since its last ANALYZE; returns their names. When a table cannot be
 * analysed, because it is locked or takes too long, the others are analysed all the same. Throws the first error at the end.
 */
export async function keepPlannerStatistics(db: Kysely<Database>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select format('%I', relname) as name from pg_class
    where relnamespace = quote_ident(current_schema())::regnamespace and relkind = 'r'
      and pg_relation_size(oid) > 8192 * (2 * greatest(relpages, 0) + ${sql.lit(SMALL_PAGES)})
    order by relname`.execute(db);
  const errors: unknown[] = [];
  for (const { name } of rows) {
    await sql`analyze ${sql.raw(name)}`.execute(db).catch((error) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
  return rows.map(({ name }) => name);
}

/** A table of fewer pages is read as fast without an index. */
const SMALL_PAGES = 4;
