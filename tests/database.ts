/**
 * Databases for tests: real ones, each of its own, in the PostgreSQL server of this test run. `deno task test` starts that server and makes
 * a migrated and empty database in it, the template; a test gets a copy. Make one per test file, not per test, and let tests keep out
 * of each other's way by their identities.
 */
import postgres from "postgres";
import type { Settings } from "../actors/settings/settings.ts";
import { openStore, type Store, type StoreOptions } from "../db/store.ts";

/** Where `deno task test` says which database is the template. */
export const TEMPLATE_VARIABLE = "CHARGEHAND_TEST_TEMPLATE";

/** Where tests find the programs of PostgreSQL, to run a server that they may kill. */
export const PROGRAMS_VARIABLE = "CHARGEHAND_TEST_POSTGRES_BIN";

/** A database that outlives its store, for tests that open it twice, and a folder for files. */
export interface TestDatabase extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly dataDir: string;
  /** What a Central System inside this process is told to find both. */
  readonly settings: Pick<Settings, "databaseUrl" | "dataDir">;
  /** The same for a process of its own. */
  readonly environment: Readonly<Record<"DATABASE_URL" | "DATA_DIR", string>>;
  /** Removes it with everything in it, whoever is still connected. */
  remove(): Promise<void>;
}

/** A database of its own: a copy of the template, or an empty one without any table. */
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

/** A store over a database of its own, which is gone after `close`. */
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

/** The same server with another database, or with another role. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = name;
  return other.href;
}

/** Runs a statement in the server's own database: one that makes or removes others cannot run in them. */
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
