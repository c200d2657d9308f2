/**
 * Statistics for the planner, kept by ourselves. Before a table is analysed the planner guesses, and what it chose while the table was empty
 * is kept by every connection until the next ANALYZE: a batch then reads the whole table instead of one index. Autovacuum comes
 * after a minute or more, in which a busy network writes a hundred thousand rows, and the embedded database has none at all.
 */
import { type Kysely, sql } from "kysely";
import type { Database } from "../tables.ts";

/**
 * Analyses each table and partition that has at least doubled since it was analysed last; returns their names. One that cannot be
 * analysed, because something else has it or it takes too long, keeps none behind it from being so. Throws its error in the end.
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

/** A table of fewer pages than this is read as fast without an index. */
const SMALL_PAGES = 4;
