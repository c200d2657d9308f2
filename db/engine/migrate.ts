import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { refused } from "./errors.ts";
import { migrations } from "../migrations/mod.ts";

/** Key of the advisory lock, any number that nobody else uses. */
const MIGRATION_LOCK = 433_710_012_016n;

/**
 * Brings the schema up to date, everything in one transaction: a process that dies in the middle leaves nothing behind, neither
 * half a schema nor a lock. Of several processes that start at once, one migrates and the others wait for it. Deadlines must
 * be off on `db`. Throws StoreError.
 */
export async function migrate(
  db: Kysely<unknown>,
  log: (line: string, facts?: Record<string, unknown>) => void,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const attempt = await sql<{ taken: boolean }>`
      select pg_try_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)}) as taken`.execute(transaction);
    if (!attempt.rows[0]?.taken) {
      log("Another process is migrating the database: waiting for it");
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
    }
    const current = await sql<{ name: string }>`select current_schema() as name`.execute(transaction);
    const migrator = new Migrator({
      db: transaction,
      provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
      // Named, because the migrator would otherwise take a table of this name in any schema for its own.
      migrationTableSchema: current.rows[0]?.name,
      migrationTableName: "migrations",
      migrationLockTableName: "migrations_lock",
    });
    const { error } = await migrator.migrateToLatest();
    if (error) throw refused(error);
  });
}
