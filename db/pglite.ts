/**
 * The embedded database. PGlite itself would let two processes open one folder and lose data in silence, so a lock on a file
 * beside the data decides who has it. The operating system drops the lock when the process dies, however it dies.
 */
import { type DatabaseConnection, type Dialect, type Driver, PGliteDialect } from "kysely";
import { refused, StoreError } from "./engine/errors.ts";
import { Turns } from "./turns.ts";

/** An opened PGlite and what it takes to let go of it. */
export interface Embedded {
  readonly dialect: Dialect;
  /** Closes the database and unlocks the folder. Kysely's `destroy` is no substitute: unused, it closes nothing. */
  close(): Promise<void>;
}

/** Opens a folder (made when missing), or a database in memory. Throws StoreError "locked". */
export async function openPGlite(dataDir: string | undefined): Promise<Embedded> {
  const lock = dataDir === undefined ? undefined : await lockFolder(dataDir);
  try {
    // Imported here: whoever uses PostgreSQL need not load it.
    const { PGlite, types } = await import("@electric-sql/pglite");
    const pglite = await PGlite.create(dataDir === undefined ? "memory://" : `${dataDir}/pglite`, {
      parsers: { [types.INT8]: Number, [types.NUMERIC]: Number },
      serializers: { [types.JSON]: JSON.stringify, [types.JSONB]: JSON.stringify },
    });
    const close = () => pglite.close().finally(() => lock?.close());
    return { dialect: new Embedding({ pglite }), close };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

async function lockFolder(dataDir: string): Promise<Deno.FsFile> {
  const file = await lockFile(dataDir);
  if (await file.tryLock(true)) return file;
  file.close();
  throw new StoreError(
    "locked",
    `The data folder ${dataDir} is in use by another Chargehand process. Stop that process, choose another DATA_DIR, or set ` +
      `DATABASE_URL: only PostgreSQL can be shared by several processes.`,
  );
}

async function lockFile(dataDir: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dataDir, { recursive: true });
    return await Deno.open(`${dataDir}/chargehand.lock`, { create: true, read: true, write: true });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new StoreError("refused", `Cannot use the data folder ${dataDir} (DATA_DIR): ${said}`, undefined, error);
  }
}

/** Kysely's dialect, with errors of the database as StoreError. */
class Embedding extends PGliteDialect {
  override createDriver(): Driver {
    const driver = super.createDriver();
    const acquire = driver.acquireConnection.bind(driver);
    const wrapped = new WeakSet<DatabaseConnection>();
    const turns = new Turns();
    driver.acquireConnection = async (options) => {
      const connection = await acquire(options);
      if (!wrapped.has(connection)) {
        wrapped.add(connection);
        const execute = connection.executeQuery.bind(connection);
        connection.executeQuery = (query, options) =>
          execute(query, options).catch((error) => {
            throw refused(error);
          }).finally(() => turns.due()) as ReturnType<DatabaseConnection["executeQuery"]> as never;
      }
      return connection;
    };
    return driver;
  }
}
