/**
 * The location of the data. `deploy/paths.ts`, which prints the permissions of a start, and the start itself must use the same folder, so
 * both call `dataFolder`. Of our own files it imports only `root.ts`.
 */
import { resolve } from "node:path";
import { closedParent, isRoot, namespacesWork } from "./root.ts";

/** The default of DATA_DIR. */
export const DEFAULT_DATA_DIR = "./data";

/** The data folder for root when PostgreSQL, as another user, could not enter the default folder. */
export const ROOT_DATA_DIR = "/var/lib/chargehand";

/** The paths in a data folder. All files of PostgreSQL are in one folder, which belongs to the user that runs it. */
export interface DataLayout {
  /** The whole data folder, absolute. */
  readonly dataDir: string;
  /** Locked by the process that uses the folder. */
  readonly lockFile: string;
  /** Data of PGlite from versions before 0.2, which PostgreSQL cannot read. */
  readonly pglite: string;
  /** All files of PostgreSQL. */
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

/** The paths in the data folder `dataDir`. */
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

/** The paths of the programs in the data folder that a start runs. */
export function programsIn(dataDir: string): string[] {
  const { engine } = layoutOf(dataDir);
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  return ["pg_ctl", "initdb"].map((name) => `${engine}/bin/${name}${suffix}`);
}

/**
 * The absolute data folder for the value `configured` of DATA_DIR. For root, ROOT_DATA_DIR replaces the default folder when neither a user
 * namespace nor another user could enter that. A folder that has data already, or that the operator set, is never replaced.
 */
export function dataFolder(configured: string): string {
  const folder = resolve(configured);
  if (configured !== DEFAULT_DATA_DIR || !isRoot() || exists(layoutOf(folder).cluster)) return folder;
  const closed = !namespacesWork() && closedParent(folder) !== undefined;
  return closed ? ROOT_DATA_DIR : folder;
}

/** False, too, for a path that Deno may not read: no permission was printed for it. */
function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}
