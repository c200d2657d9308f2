/**
 * What a server process keeps its data in: a folder, or with DATABASE_URL a database of its own in that PostgreSQL. A database and
 * not a schema, because the program has no setting for a schema.
 */
import postgres from "postgres";
import { databaseUrl } from "../database.ts";
import { migratedFolder } from "../migrated_folder.ts";

/** A place for data, in which nothing has happened yet. */
export interface ServerData extends AsyncDisposable {
  /** What the program is told in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataDir: string;
}

/** Makes a place for data; disposing removes it with everything in it. */
export async function serverData(): Promise<ServerData> {
  const prefix = "chargehand-chaos-";
  const dataDir = await (databaseUrl === undefined ? migratedFolder(prefix) : Deno.makeTempDir({ prefix }));
  const removeFolder = () => Deno.remove(dataDir, { recursive: true });
  if (databaseUrl === undefined) {
    return { environment: { DATABASE_URL: "", DATA_DIR: dataDir }, dataDir, [Symbol.asyncDispose]: removeFolder };
  }
  const name = `chaos_${crypto.randomUUID().replaceAll("-", "")}`;
  await administer(`create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = name;
  return {
    environment: { DATABASE_URL: url.href, DATA_DIR: dataDir },
    dataDir,
    async [Symbol.asyncDispose]() {
      await administer(`drop database ${name} with (force)`);
      await removeFolder();
    },
  };
}

async function administer(statement: string): Promise<void> {
  const sql = postgres(databaseUrl!, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 1 });
  }
}
