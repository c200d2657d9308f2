import { type Kysely, sql } from "kysely";

/** Runs SQL statements one after the other. Migrations are plain SQL, so that a new version of a query builder cannot change them. */
export async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
