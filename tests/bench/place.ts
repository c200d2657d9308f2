/**
 * The databases that are measured: PGlite in a folder and, with DATABASE_URL, a database of its own in that PostgreSQL. Each has charge points
 * with one password and 100,000 id tags, written by SQL, because what is measured is not how they came there.
 */
import { PGlite } from "@electric-sql/pglite";
import postgres from "postgres";
import { hashPassword } from "../../actors/charge_point/credentials.ts";
import { openStore } from "../../db/store.ts";
import { type ServerData, serverData } from "../chaos/data.ts";
import { databaseUrl } from "../database.ts";

/** Runs a statement. */
type Run = (statement: string) => Promise<unknown>;

export interface Place extends AsyncDisposable {
  readonly name: "PGlite" | "PostgreSQL";
  readonly data: ServerData;
  /** Where the bare group commit keeps its rows: arguments of bare_commit.ts. PGlite's folder belongs to the server, so it gets one beside. */
  readonly bare: readonly string[];
}

export const CHARGE_POINTS = 10_000;
export const ID_TAGS = 100_000;

/** The AuthorizationKey of all of them: random bytes, so that it has the fast hash that keys of ours have. */
export const PASSWORD = "8f1d3a5c7e90b2d4f6081a2c3e4f506172839a4b";

/** `CP00001`, counted from 1. */
export function identity(n: number): string {
  return `CP${String(n).padStart(5, "0")}`;
}

/** `TAG000001`, counted from 1. */
export function idTag(n: number): string {
  return `TAG${String(n).padStart(6, "0")}`;
}

/** Makes the databases and fills them; the stack removes them, also when one cannot be made. */
export async function places(stack: AsyncDisposableStack): Promise<Place[]> {
  const made = [await filled(stack.use(pglitePlace(await folderData())))];
  if (databaseUrl !== undefined) made.push(await filled(stack.use(postgresPlace(await serverData()))));
  return made;
}

async function folderData(): Promise<ServerData> {
  const dataDir = await Deno.makeTempDir({ prefix: "chargehand-bench-" });
  return {
    environment: { DATABASE_URL: "", DATA_DIR: dataDir },
    dataDir,
    [Symbol.asyncDispose]: () => Deno.remove(dataDir, { recursive: true }),
  };
}

type Unfilled = Place & { seed(): Promise<{ run: Run } & AsyncDisposable> };

async function filled(place: Unfilled): Promise<Place> {
  const { DATABASE_URL, DATA_DIR } = place.data.environment;
  const store = await openStore({ databaseUrl: DATABASE_URL || undefined, dataDir: DATA_DIR });
  await store.close();
  await using seed = await place.seed();
  const { scheme, salt, hash } = await hashPassword(PASSWORD);
  const key = JSON.stringify({ scheme, salt: salt.toHex(), hash: hash.toHex() });
  await seed.run(
    `insert into charge_points (identity, registration, security_profile, validation, credentials, created_at)
    select 'CP' || lpad(n::text, 5, '0'), 'Accepted', 1, 'tolerant', '${key}'::jsonb, now()
    from generate_series(1, ${CHARGE_POINTS}) n`,
  );
  await seed.run(`insert into id_tags (folded_id_tag, id_tag, status, created_at, updated_at)
    select lower(tag), tag, 'Accepted', now(), now()
    from (select 'TAG' || lpad(n::text, 6, '0') as tag from generate_series(1, ${ID_TAGS}) n) tags`);
  await seed.run("analyze");
  return place;
}

function pglitePlace(data: ServerData): Unfilled {
  const open = async (folder: string) => {
    const pglite = await PGlite.create(folder);
    return {
      run: (statement: string) => pglite.query(statement),
      [Symbol.asyncDispose]: () => pglite.close(),
    };
  };
  return {
    name: "PGlite",
    data,
    seed: () => open(`${data.dataDir}/pglite`),
    bare: ["pglite", `${data.dataDir}/bare`],
    [Symbol.asyncDispose]: () => data[Symbol.asyncDispose](),
  };
}

function postgresPlace(data: ServerData): Unfilled {
  const open = () => {
    const sql = postgres(data.environment.DATABASE_URL!, { max: 2, onnotice: () => {} });
    return Promise.resolve({
      run: (statement: string) => sql.unsafe(statement),
      [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }),
    });
  };
  return {
    name: "PostgreSQL",
    data,
    seed: open,
    bare: ["postgres", data.environment.DATABASE_URL!],
    [Symbol.asyncDispose]: () => data[Symbol.asyncDispose](),
  };
}
