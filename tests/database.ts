/**
 * Real databases for tests, in the PostgreSQL server of this test run. `deno task test` starts that server and creates an empty, migrated database
 * in it, the template. `testDatabase` copies the template. Create one database per test file, not one per test; the tests of a file use
 * different identities.
 */
import postgres from "postgres";
import type { Settings } from "../actors/settings/settings.ts";
import { openStore, type Store, type StoreOptions } from "../db/store.ts";

/** The environment variable in which `deno task test` passes the URL of the template. */
export const TEMPLATE_VARIABLE = "CHARGEHAND_TEST_TEMPLATE";

/** The environment variable with the folder of PostgreSQL's programs, for tests that run (and kill) a server of their own. */
export const PROGRAMS_VARIABLE = "CHARGEHAND_TEST_POSTGRES_BIN";

/** A database that stays when a store is closed, for tests that open it twice, and a folder for files. */
export interface TestDatabase extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** The settings for a Central System inside this process. */
  readonly settings: Pick<Settings, "databaseUrl" | "dataDir">;
  /** The environment variables for a Central System in a separate process. */
  readonly environment: Readonly<Record<"DATABASE_URL" | "DATA_DIR", string>>;
  /** Drops the database, open connections included, and deletes the folder. */
  remove(): Promise<void>;
}

/** Creates a database: a copy of the template ("migrated"), or one without any table ("empty"). */
export async function testDatabase(content: "migrated" | "empty" = "migrated"): Promise<TestDatabase> {
  const template = templateUrl();
  const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const origin = content === "empty" ? "template0" : new URL(template).pathname.slice(1);
  await administer(template, `create database ${name} template ${origin} strategy file_copy`);
  const databaseUrl = withDatabase(template, name);
  const dataDir = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  const remove = async () => {
    await administer(template, `drop database ${name} with (force)`);
    await Deno.remove(dataDir, { recursive: true });
  };
  return {
    databaseUrl,
    dataDir,
    settings: { databaseUrl, dataDir },
    environment: { DATABASE_URL: databaseUrl, DATA_DIR: dataDir },
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/** Opens a store on a new database; `close` drops the database. */
export async function openTestStore(options: Partial<StoreOptions> = {}): Promise<Store> {
  const { databaseUrl, remove } = await testDatabase();
  const store = await openStore({ databaseUrl, ...options });
  return {
    ...store,
    async close() {
      await store.close();
      await remove();
    },
  };
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = name;
  return other.href;
}

/** Runs a statement in the database `postgres`. A database cannot be created from, or dropped in, itself. */
export async function administer(serverUrl: string, statement: string): Promise<void> {
  const sql = postgres(withDatabase(serverUrl, "postgres"), { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function templateUrl(): string {
  const url = Deno.env.get(TEMPLATE_VARIABLE);
  if (url) return url;
  throw new Error("This test needs a PostgreSQL server. `deno task test` starts one: run `deno task test <file>`.");
}
