/**
 * The database of the measurements: in the embedded PostgreSQL with the product's settings or, with DATABASE_URL, in that server. SQL statements fill it
 * with charge points, which have the same password, and 100,000 idTags.
 */
import postgres from "postgres";
import { hashPassword } from "../../actors/charge_point/credentials.ts";
import { startEmbedded } from "../../db/engine/embedded.ts";
import { openStore } from "../../db/store.ts";
import type { Data } from "../chaos/server.ts";
import { administer, withDatabase } from "../database.ts";

/** The databases of a run. */
export interface Place {
  readonly name: string;
  readonly data: Data;
  /** The URL of an empty database on the same server, for the bare group commit. */
  readonly bareUrl: string;
}

/** The number of registered charge points. */
export const CHARGE_POINTS = 10_000;
/** The number of registered idTags. */
export const ID_TAGS = 100_000;

/** The AuthorizationKey of all charge points: 20 bytes in hexadecimal, like the keys that the product generates, so that it gets the fast hash. */
export const PASSWORD = "8f1d3a5c7e90b2d4f6081a2c3e4f506172839a4b";

/** The identity of charge point number `n`, from 1: `CP00001`. */
export function identity(n: number): string {
  return `CP${String(n).padStart(5, "0")}`;
}

/** The idTag number `n`, from 1: `TAG000001`. */
export function idTag(n: number): string {
  return `TAG${String(n).padStart(6, "0")}`;
}

/** Creates and fills the databases; disposing the stack removes them. */
export async function makePlace(stack: AsyncDisposableStack): Promise<Place> {
  const given = Deno.env.get("DATABASE_URL");
  const dataDir = await Deno.makeTempDir({ prefix: "chargehand-bench-" });
  stack.defer(() => Deno.remove(dataDir, { recursive: true }));
  const server = given ? { url: given, version: "of DATABASE_URL" } : await startServer(stack, dataDir);
  const makeDatabase = async () => {
    const name = `bench_${crypto.randomUUID().replaceAll("-", "")}`;
    await administer(server.url, `create database ${name}`);
    stack.defer(() => administer(server.url, `drop database ${name} with (force)`));
    return withDatabase(server.url, name);
  };
  const databaseUrl = await makeDatabase();
  await fill(databaseUrl);
  return {
    name: `PostgreSQL ${server.version}`,
    data: { dataDir, environment: { DATABASE_URL: databaseUrl, DATA_DIR: dataDir } },
    bareUrl: await makeDatabase(),
  };
}

async function startServer(stack: AsyncDisposableStack, dataDir: string) {
  const server = await startEmbedded({ dataDir, log: console.error, progress: console.error });
  stack.defer(() => server.stop());
  return server;
}

async function fill(databaseUrl: string): Promise<void> {
  await (await openStore({ databaseUrl })).close();
  const { scheme, salt, hash } = await hashPassword(PASSWORD);
  const key = JSON.stringify({ scheme, salt: salt.toHex(), hash: hash.toHex() });
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(
      `insert into charge_points (identity, registration, security_profile, validation, credentials, created_at)
      select 'CP' || lpad(n::text, 5, '0'), 'Accepted', 1, 'tolerant', '${key}'::jsonb, now()
      from generate_series(1, ${CHARGE_POINTS}) n`,
    );
    await sql.unsafe(`insert into id_tags (folded_id_tag, id_tag, status, created_at, updated_at)
      select lower(tag), tag, 'Accepted', now(), now()
      from (select 'TAG' || lpad(n::text, 6, '0') as tag from generate_series(1, ${ID_TAGS}) n) tags`);
    await sql.unsafe("analyze");
  } finally {
    await sql.end({ timeout: 1 });
  }
}
