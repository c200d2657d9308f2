import { type Kysely, sql } from "kysely";

/** Runs plain SQL statements one after the other. Written as SQL because these files are history: no builder may change them. */
export async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
