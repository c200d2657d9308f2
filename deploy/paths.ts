/**
 * Prints the paths for a start's `--allow-read`, `--allow-write` and `--allow-run`: the folders of the embedded database and of files, the
 * FTP server's certificate, the package of PostgreSQL in Deno's cache, and its programs in the data folder. All depend on the machine, so
 * no fixed list in deno.json could name them, and the alternative is the whole disk. It runs before every start and therefore
 * imports nothing of ours but what says where the data and the packages are.
 */
import { dataFolder, DEFAULT_DATA_DIR, programsIn } from "../db/engine/embedded/data_folder.ts";
import { packageFolder } from "../db/engine/embedded/package.ts";
import { isRoot, namespacesWork } from "../db/engine/embedded/root.ts";

/** The variables that name folders, and files that are only read, and the one that makes the embedded database superfluous. */
const VARIABLES = [
  "DATA_DIR",
  "CHARGEHAND_FILES_DIR",
  "CHARGEHAND_FTP_CERTIFICATE",
  "CHARGEHAND_FTP_KEY",
  "DATABASE_URL",
] as const;

export type Paths = { readonly [variable in typeof VARIABLES[number]]?: string | undefined };

/** The permissions whose lists depend on the machine. */
export const ACCESSES = ["read", "write", "run"] as const;
export type Access = typeof ACCESSES[number];

/** The list as Deno's flags take it. They know no way to write a comma that belongs to a path. */
export function accessList(access: Access, paths: Paths): string {
  const asked = paths.DATA_DIR || DEFAULT_DATA_DIR;
  const dataDir = paths.DATABASE_URL ? asked : dataFolder(asked);
  if (access === "run") return programs(dataDir, paths).join();
  const folders = [dataDir, paths.CHARGEHAND_FILES_DIR];
  const files = [paths.CHARGEHAND_FTP_CERTIFICATE, paths.CHARGEHAND_FTP_KEY, packageFolder()];
  return [...folders, ...(access === "read" ? files : [])].filter(Boolean).join();
}

/** `unshare` in effect allows every program, so only a start by root gets it, and only where it works. Deno takes no empty list. */
function programs(dataDir: string, { DATABASE_URL }: Paths): string[] {
  const asRoot = !DATABASE_URL && isRoot() && namespacesWork();
  return [...programsIn(dataDir), ...(asRoot ? ["unshare"] : [])];
}

if (import.meta.main) {
  const access = ACCESSES.find((each) => each === Deno.args[0]) ?? "read";
  const paths: Paths = Object.fromEntries(VARIABLES.map((variable) => [variable, Deno.env.get(variable)]));
  console.log(accessList(access, paths));
}
