/**
 * Databases for tests: real ones, each of its own. With DATABASE_URL it is a schema in that PostgreSQL, else PGlite. Make one per
 * test file, not per test, and let tests keep out of each other's way by their identities.
 */
import postgres from "postgres";
import type { Settings } from "../actors/settings/settings.ts";
import { openStore, type Store, type StoreOptions } from "../db/store.ts";
import { migratedFolder } from "./migrated_folder.ts";
import "./pglite_timers.ts";

/** A database that outlives its store, for tests that open it twice. */
export interface TestDatabase {
  /** What a Central System is told to find it. */
  readonly settings: Pick<Settings, "databaseUrl" | "dataDir">;
  /** The same for openStore, with what settings cannot say. */
  readonly storeOptions: StoreOptions;
  /** Removes it with everything in it. Close the store first. */
  remove(): Promise<void>;
}

/** The PostgreSQL that tests may use, undefined: use PGlite. */
export const databaseUrl = Deno.env.get("DATABASE_URL") || undefined;

/** A database of its own that can be opened again after it was closed. */
export function testDatabase(): Promise<TestDatabase> {
  return databaseUrl === undefined ? testFolder() : testSchemaAndFolder(databaseUrl);
}

/** A store over a database of its own, which is gone after `close`. */
export async function openTestStore(options: StoreOptions = {}): Promise<Store> {
  const database = databaseUrl === undefined ? await testFolder() : testSchema(databaseUrl);
  const store = await openStore({ ...database.storeOptions, ...options });
  return {
    ...store,
    async close() {
      await store.close();
      await database.remove();
    },
  };
}

async function testFolder(): Promise<TestDatabase> {
  const dataDir = await migratedFolder();
  return {
    settings: { databaseUrl: null, dataDir },
    storeOptions: { dataDir },
    remove: () => Deno.remove(dataDir, { recursive: true }),
  };
}

/** Files are in a folder whatever the database is. */
async function testSchemaAndFolder(url: string): Promise<TestDatabase> {
  const schema = testSchema(url);
  const dataDir = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  return {
    ...schema,
    settings: { ...schema.settings, dataDir },
    async remove() {
      await schema.remove();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

function testSchema(url: string): TestDatabase {
  const schema = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  return {
    settings: { databaseUrl: url, dataDir: "./data" },
    storeOptions: { databaseUrl: url, schema },
    async remove() {
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      try {
        await sql.unsafe(`drop schema if exists ${schema} cascade`);
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}
