import { type Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { refused } from "./errors.ts";
import { migrations } from "../migrations/mod.ts";

/** The key of the advisory lock, an arbitrary number that nothing else uses. */
const MIGRATION_LOCK = 433_710_012_016n;

/**
 * Brings the schema up to date in one transaction: a process that dies during it leaves neither a partial schema nor a lock. Of several
 * processes that start at the same time, one migrates and the others wait for it. `db` must have no deadlines. Throws StoreError.
 */
export async function migrate(
  db: Kysely<unknown>,
  log: (line: string, fields?: Record<string, unknown>) => void,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const attempt = await sql<{ taken: boolean }>`
      select pg_try_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)}) as taken`.execute(transaction);
    if (!attempt.rows[0]?.taken) {
      log("Waiting for another process, which is migrating the database");
      await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(transaction);
    }
    const current = await sql<{ name: string }>`select current_schema() as name`.execute(transaction);
    const migrator = new Migrator({
      db: transaction,
      provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
      // Without its schema, the migrator would use a table of this name in any schema.
      migrationTableSchema: current.rows[0]?.name,
      migrationTableName: "migrations",
      migrationLockTableName: "migrations_lock",
    });
    const { error } = await migrator.migrateToLatest();
    if (error) throw refused(error);
  });
}
