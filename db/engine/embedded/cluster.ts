/**
 * The database cluster in a data folder, and two small files next to it: the password and the port. The cluster is created under a
 * temporary name and renamed when the disk has it, so that a kill or a power cut never leaves an incomplete cluster under its final name.
 */
import { dirname } from "node:path";
import { StoreError } from "../errors.ts";
import type { DataLayout } from "./data_folder.ts";
import { readIfThere, removeIfThere, replaceFile, syncFolder } from "./durable_files.ts";
import { type Programs, reasonIn } from "./programs.ts";

/** The name of the role, a superuser, and of the database. */
export const NAME = "chargehand";

/** Below the ports that operating systems use for outgoing connections: one of those could take the port while the server is down. */
const PORTS = { first: 20_000, count: 10_000 } as const;

/** The number of random ports that are tried before the start fails. */
const PORT_ATTEMPTS = 100;

/** Texts are ordered by code point: an update of the operating system does not change this order. */
const INITDB = [
  ...`-U ${NAME} --pwfile initial_password -A scram-sha-256 -E UTF8 --no-instructions`.split(" "),
  ...["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
  // One sync of the file system is faster than a sync of each of a thousand files.
  ...(Deno.build.os === "linux" ? ["--sync-method=syncfs"] : []),
];

/** The major version of PostgreSQL that created the cluster, such as `18`; undefined when there is no cluster. */
export async function clusterVersion({ cluster }: DataLayout): Promise<string | undefined> {
  return (await readIfThere(`${cluster}/PG_VERSION`))?.trim();
}

/** Creates the cluster. Throws StoreError with initdb's message when it fails. */
export async function makeCluster(layout: DataLayout, programs: Programs): Promise<void> {
  await removeIncomplete(layout);
  // A unique name, because the initdb of a killed process may still be running.
  const name = `new-${crypto.randomUUID()}`;
  const next = `${layout.postgresql}/${name}`;
  const initialPassword = `${layout.postgresql}/initial_password`;
  await Deno.writeTextFile(initialPassword, await knownOrNewPassword(layout), { mode: 0o600 });
  await programs.giveOwnership(initialPassword);
  const { success, output } = await programs.run("initdb", ["-D", name, ...INITDB]);
  await Deno.remove(initialPassword);
  if (!success) {
    await removeIfThere(next);
    throw new StoreError(
      "refused",
      `Cannot create the database in ${layout.postgresql}: ${reasonIn(output)} ` +
        "Change that, or start Chargehand as another user, with another DATA_DIR, or with DATABASE_URL.",
    );
  }
  await Deno.rename(next, layout.cluster);
  await syncFolder(dirname(layout.cluster));
}

/** Removes what killed starts left. A folder that another initdb still writes to stays until the next start. */
async function removeIncomplete({ postgresql }: DataLayout): Promise<void> {
  for await (const { name } of Deno.readDir(postgresql)) {
    if (name.startsWith("new-")) await removeIfThere(`${postgresql}/${name}`).catch(() => {});
  }
}

/** The password of the role. Throws StoreError when the file is missing: the cluster has only a hash of it. */
export async function knownPassword({ passwordFile, dataDir }: DataLayout): Promise<string> {
  const password = (await readIfThere(passwordFile))?.trim().split(":").at(-1);
  if (password) return password;
  throw new StoreError(
    "refused",
    `Cannot open the database in the data folder ${dataDir}: the file with its password, ${passwordFile}, is missing. Restore this file from ` +
      `a backup.`,
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

/** Chooses a port that is free now, and stores it. Another program may take it before the server does. */
export async function newPort({ portFile }: DataLayout): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = PORTS.first + crypto.getRandomValues(new Uint32Array(1))[0]! % PORTS.count;
    if (!isFree(port)) continue;
    await replaceFile(portFile, `${port}\n`);
    return port;
  }
  throw new StoreError(
    "refused",
    `Cannot start PostgreSQL: ${PORT_ATTEMPTS} ports between ${PORTS.first} and ${
      PORTS.first + PORTS.count
    } were tried, and none is free. ` +
      `Stop programs that use them, or set DATABASE_URL.`,
  );
}

/** Whether a server could listen on this loopback port now. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
