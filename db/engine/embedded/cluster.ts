/**
 * The database cluster in a data folder, and the two small files beside it: the password and the port. The cluster is made in a folder beside
 * and renamed when the disk has it, so that a kill or a power cut on the way leaves no half-made one under its name.
 */
import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import type { DataLayout } from "./data_folder.ts";
import { readIfThere, removeIfThere, replaceFile, syncFolder } from "./durable_files.ts";
import { type Programs, reasonIn } from "./programs.ts";

/** The name of the role, which may do everything, and of the database. */
export const NAME = "chargehand";

/** Below the ports that operating systems give to outgoing connections, which would take it while the server is down. */
const PORTS = { first: 20_000, count: 10_000 } as const;

/** How often a port is guessed before the start gives up. */
const GUESSES = 100;

/** Texts are ordered by code point, which no update of an operating system changes. */
const INITDB = [
  ...`-U ${NAME} --pwfile initial_password -A scram-sha-256 -E UTF8 --no-instructions`.split(" "),
  ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
  // One wait for the whole file system instead of one for each of a thousand files.
  ...(Deno.build.os === "linux" ? ["--sync-method=syncfs"] : []),
];

/** The version of PostgreSQL that made the cluster, such as `18`; undefined when there is none. */
export async function clusterVersion({ cluster }: DataLayout): Promise<string | undefined> {
  return (await readIfThere(`${cluster}/PG_VERSION`))?.trim();
}

/** Makes the cluster. Throws StoreError with what initdb says when it fails. */
export async function makeCluster(layout: DataLayout, programs: Programs): Promise<void> {
  await removeHalfMade(layout);
  // A name of its own: the initdb of a process that was killed goes on for a while.
  const name = `new-${crypto.randomUUID()}`;
  const next = `${layout.postgresql}/${name}`;
  const initialPassword = `${layout.postgresql}/initial_password`;
  await Deno.writeTextFile(initialPassword, await knownOrNewPassword(layout), { mode: 0o600 });
  await programs.own(initialPassword);
  const { success, said } = await programs.run("initdb", ["-D", name, ...INITDB]);
  await Deno.remove(initialPassword);
  if (!success) {
    await removeIfThere(next);
    throw new StoreError(
      "refused",
      `PostgreSQL could not make its database in ${layout.postgresql}: ${reasonIn(said)} ` +
        "Change that, or start Chargehand as another user, with another DATA_DIR, or with DATABASE_URL.",
    );
  }
  await Deno.rename(next, layout.cluster);
  await syncFolder(dirname(layout.cluster));
}

/** What killed starts left. What another initdb is still writing to stays until the next start. */
async function removeHalfMade({ postgresql }: DataLayout): Promise<void> {
  for await (const { name } of Deno.readDir(postgresql)) {
    if (name.startsWith("new-")) await removeIfThere(`${postgresql}/${name}`).catch(() => {});
  }
}

/** The password of the role. Throws StoreError when the file is gone: the cluster knows only a hash. */
export async function knownPassword({ passwordFile, dataDir }: DataLayout): Promise<string> {
  const password = (await readIfThere(passwordFile))?.trim().split(":").at(-1);
  if (password) return password;
  throw new StoreError(
    "refused",
    `The data folder ${dataDir} has no password for its database: ${passwordFile} is missing. Restore this file from a backup.`,
  );
}

async function knownOrNewPassword({ passwordFile }: DataLayout): Promise<string> {
  const known = (await readIfThere(passwordFile))?.trim().split(":").at(-1);
  if (known) return known;
  const password = crypto.getRandomValues(new Uint8Array(24)).toHex();
  await replaceFile(passwordFile, `127.0.0.1:*:*:${NAME}:${password}\n`);
  return password;
}

/** The port of the last start, undefined at the first one. */
export async function rememberedPort({ portFile }: DataLayout): Promise<number | undefined> {
  const port = Number(await readIfThere(portFile));
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Picks a port that is free now and remembers it. It is not promised: another program may be faster. */
export async function newPort({ portFile }: DataLayout): Promise<number> {
  for (let guess = 0; guess < GUESSES; guess++) {
    const port = PORTS.first + crypto.getRandomValues(new Uint32Array(1))[0]! % PORTS.count;
    if (!isFree(port)) continue;
    await replaceFile(portFile, `${port}\n`);
    return port;
  }
  throw new StoreError(
    "refused",
    `No port between ${PORTS.first} and ${PORTS.first + PORTS.count} is free for PostgreSQL.`,
  );
}

/** May a server listen on this port of the loopback right now? */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
