/**
 * Where the data are kept. `deploy/paths.ts`, which prints the permissions of a start, and the start itself must reach the same
 * folder, so both ask `dataFolder`. It imports nothing of ours but `root.ts`.
 */
import { resolve } from "node:path";
import { closedAbove, isRoot, namespacesWork } from "./root.ts";

/** What DATA_DIR is when it is not set. */
export const DEFAULT_DATA_DIR = "./data";

/** Where the data of root go when PostgreSQL could not enter the default folder as another user. */
export const ROOT_DATA_DIR = "/var/lib/chargehand";

/** The names in a data folder. Everything of PostgreSQL is in one folder, which belongs to the user that runs it. */
export interface DataLayout {
  /** The whole data folder, absolute. */
  readonly dataDir: string;
  /** Locked by the process that has the folder. */
  readonly lockFile: string;
  /** What the versions before this one kept here: data of PGlite, which PostgreSQL cannot read. */
  readonly pglite: string;
  /** Everything of PostgreSQL. */
  readonly postgresql: string;
  /** The copy of the programs: bin, lib, share. */
  readonly engine: string;
  /** The database cluster. */
  readonly cluster: string;
  readonly logs: string;
  /** The password, in the format of PGPASSFILE. */
  readonly passwordFile: string;
  readonly portFile: string;
}

/** The names in the data folder `dataDir`. */
export function layoutOf(dataDir: string): DataLayout {
  const folder = resolve(dataDir);
  const postgresql = `${folder}/postgresql`;
  return {
    dataDir: folder,
    lockFile: `${folder}/chargehand.lock`,
    pglite: `${folder}/pglite`,
    postgresql,
    engine: `${postgresql}/engine`,
    cluster: `${postgresql}/data`,
    logs: `${postgresql}/log`,
    passwordFile: `${postgresql}/pgpass`,
    portFile: `${postgresql}/port`,
  };
}

/** The programs that a start runs out of the data folder. */
export function programsIn(dataDir: string): string[] {
  const { engine } = layoutOf(dataDir);
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  return ["pg_ctl", "initdb"].map((name) => `${engine}/bin/${name}${suffix}`);
}

/**
 * The data folder, absolute, for a DATA_DIR of `asked`. The default moves to ROOT_DATA_DIR for root where neither a user namespace
 * nor another user could enter it; never away from data that are there already, and never when the operator named a folder.
 */
export function dataFolder(asked: string): string {
  const folder = resolve(asked);
  if (asked !== DEFAULT_DATA_DIR || !isRoot() || exists(layoutOf(folder).cluster)) return folder;
  const closed = !namespacesWork() && closedAbove(folder) !== undefined;
  return closed ? ROOT_DATA_DIR : folder;
}

/** False, too, for what Deno may not look at: no permission was printed for it. */
function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}
