/**
 * Prints the paths for `--allow-read`, `--allow-write` and `--allow-run` of a start: the folders of the embedded database and of files, the
 * FTP server's certificate, the package of PostgreSQL in Deno's cache, and its programs in the data folder. They depend on the machine, so a
 * list in deno.json cannot name them, and the alternative would be the whole disk. It runs before every start, so it imports only the
 * modules that find the data folder and the packages.
 */
import { dataFolder, DEFAULT_DATA_DIR, programsIn } from "../db/engine/embedded/data_folder.ts";
import { packageFolder } from "../db/engine/embedded/package.ts";
import { isRoot, namespacesWork } from "../db/engine/embedded/root.ts";

/** The settings that name folders and files, and DATABASE_URL, with which no embedded database is started. */
const VARIABLES = [
  "DATA_DIR",
  "CHARGEHAND_FILES_DIR",
  "CHARGEHAND_FTP_CERTIFICATE",
  "CHARGEHAND_FTP_KEY",
  "DATABASE_URL",
] as const;

/** The values of these settings; absent ones are unset. */
export type Paths = { readonly [variable in typeof VARIABLES[number]]?: string | undefined };

/** The permissions whose lists depend on the machine. */
export const ACCESSES = ["read", "write", "run"] as const;

/** One of these permissions. */
export type Access = typeof ACCESSES[number];

/** The value of Deno's flag, separated by commas. A path with a comma cannot be written there. */
export function accessList(access: Access, paths: Paths): string {
  const setting = paths.DATA_DIR || DEFAULT_DATA_DIR;
  const dataDir = paths.DATABASE_URL ? setting : dataFolder(setting);
  if (access === "run") return programs(dataDir, paths).join();
  const folders = [dataDir, paths.CHARGEHAND_FILES_DIR];
  const files = [paths.CHARGEHAND_FTP_CERTIFICATE, paths.CHARGEHAND_FTP_KEY, packageFolder()];
  return [...folders, ...(access === "read" ? files : [])].filter(Boolean).join();
}

/** The permission to run `unshare` in effect allows every program, so only a start by root gets it, where it works. The list must not be empty. */
function programs(dataDir: string, { DATABASE_URL }: Paths): string[] {
  const asRoot = !DATABASE_URL && isRoot() && namespacesWork();
  return [...programsIn(dataDir), ...(asRoot ? ["unshare"] : [])];
}

if (import.meta.main) {
  const access = ACCESSES.find((each) => each === Deno.args[0]) ?? "read";
  const paths: Paths = Object.fromEntries(VARIABLES.map((variable) => [variable, Deno.env.get(variable)]));
  console.log(accessList(access, paths));
}
