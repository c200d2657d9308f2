/**
 * The embedded database. PGlite itself would let two processes open one folder and lose data in silence, so a lock on a file
 * beside the data decides who has it. The operating system drops the lock when the process dies, however it dies.
 */
import { PGlite, types } from "@electric-sql/pglite";
import { type DatabaseConnection, type Dialect, type Driver, PGliteDialect } from "kysely";
import { refused, StoreError } from "./errors.ts";

/** An opened PGlite and what it takes to let go of it. */
export interface Embedded {
  readonly dialect: Dialect;
  /** Call it after Kysely's destroy, which closes the database itself. */
  unlock(): void;
}

/** Opens a folder (made when missing), or a database in memory. Throws StoreError "locked". */
export async function openPGlite(dataDir: string | undefined): Promise<Embedded> {
  const lock = dataDir === undefined ? undefined : await lockFolder(dataDir);
  try {
    const pglite = await PGlite.create(dataDir === undefined ? "memory://" : `${dataDir}/pglite`, {
      // Statistics are for an autovacuum that PGlite has not; their timer would outlive the database.
      startParams: [...PGlite.defaultStartParams, "-c", "track_counts=off"],
      parsers: { [types.INT8]: Number, [types.NUMERIC]: Number },
      serializers: { [types.JSON]: JSON.stringify, [types.JSONB]: JSON.stringify },
    });
    return { dialect: new Embedding({ pglite }), unlock: () => lock?.close() };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

async function lockFolder(dataDir: string): Promise<Deno.FsFile> {
  await Deno.mkdir(dataDir, { recursive: true });
  const file = await Deno.open(`${dataDir}/chargehand.lock`, { create: true, read: true, write: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new StoreError(
    "locked",
    `The data folder ${dataDir} is in use by another Chargehand process. Stop that process, choose another DATA_DIR, or set ` +
      `DATABASE_URL: only PostgreSQL can be shared by several processes.`,
  );
}

/** Kysely's dialect, with errors of the database as StoreError. */
class Embedding extends PGliteDialect {
  override createDriver(): Driver {
    const driver = super.createDriver();
    const acquire = driver.acquireConnection.bind(driver);
    const wrapped = new WeakSet<DatabaseConnection>();
    driver.acquireConnection = async (options) => {
      const connection = await acquire(options);
      if (!wrapped.has(connection)) {
        wrapped.add(connection);
        const execute = connection.executeQuery.bind(connection);
        connection.executeQuery = (query, options) =>
          execute(query, options).catch((error) => {
            throw refused(error);
          }) as ReturnType<DatabaseConnection["executeQuery"]> as never;
      }
      return connection;
    };
    return driver;
  }
}
