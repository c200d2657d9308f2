/**
 * Prints the paths for the `start` task's `--allow-read` and `--allow-write`: the folders of the embedded database and of files and, for reading,
 * the FTP server's certificate and the PGlite package, whose WebAssembly lies in Deno's package cache. All depend on the machine, so no fixed list in deno.json
 * could name them, and the alternative is the whole disk. It runs before every start and therefore imports nothing of ours.
 */
import { fileURLToPath } from "node:url";

/** What DATA_DIR is when it is not set; the same as in `actors/settings/settings.ts`, which a test compares. */
export const DEFAULT_DATA_DIR = "./data";

/** The variables that name folders, and files that are only read. */
const VARIABLES = ["DATA_DIR", "CHARGEHAND_FILES_DIR", "CHARGEHAND_FTP_CERTIFICATE", "CHARGEHAND_FTP_KEY"] as const;

export type Paths = { readonly [variable in typeof VARIABLES[number]]?: string | undefined };

/** The list as Deno's flags take it. They know no way to write a comma that belongs to a path. */
export function accessList(kind: "read" | "write", paths: Paths): string {
  const folders = [paths.DATA_DIR || DEFAULT_DATA_DIR, paths.CHARGEHAND_FILES_DIR];
  const files = [paths.CHARGEHAND_FTP_CERTIFICATE, paths.CHARGEHAND_FTP_KEY, pgliteFolder()];
  return [...folders, ...(kind === "read" ? files : [])].filter(Boolean).join();
}

function pgliteFolder(): string {
  const pglite = fileURLToPath(import.meta.resolve("@electric-sql/pglite"));
  return /.*[\\/]pglite[\\/][^\\/]+(?=[\\/])/.exec(pglite)?.[0] ?? pglite;
}

if (import.meta.main) {
  const paths: Paths = Object.fromEntries(VARIABLES.map((variable) => [variable, Deno.env.get(variable)]));
  console.log(accessList(Deno.args[0] === "read" ? "read" : "write", paths));
}
