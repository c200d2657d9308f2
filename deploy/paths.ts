/**
 * Prints the paths for the `start` task's `--allow-read` and `--allow-write`: the folders of the embedded database and of files and, for reading,
 * the PGlite package, whose WebAssembly lies in Deno's package cache. All depend on the machine, so no fixed list in deno.json
 * could name them, and the alternative is the whole disk. It runs before every start and therefore imports nothing of ours.
 */
import { fileURLToPath } from "node:url";

/** What DATA_DIR is when it is not set; the same as in `actors/settings.ts`, which a test compares. */
export const DEFAULT_DATA_DIR = "./data";

/** The variables that name folders. */
export interface Folders {
  readonly DATA_DIR?: string | undefined;
  readonly CHARGEHAND_FILES_DIR?: string | undefined;
}

/** The list as Deno's flags take it. They know no way to write a comma that belongs to a path. */
export function accessList(kind: "read" | "write", { DATA_DIR, CHARGEHAND_FILES_DIR: filesDir }: Folders): string {
  const pglite = fileURLToPath(import.meta.resolve("@electric-sql/pglite"));
  const packageFolder = /.*[\\/]pglite[\\/][^\\/]+(?=[\\/])/.exec(pglite)?.[0] ?? pglite;
  const folders = [DATA_DIR || DEFAULT_DATA_DIR, ...(filesDir ? [filesDir] : [])];
  return [...folders, ...(kind === "read" ? [packageFolder] : [])].join();
}

if (import.meta.main) {
  const [DATA_DIR, CHARGEHAND_FILES_DIR] = [Deno.env.get("DATA_DIR"), Deno.env.get("CHARGEHAND_FILES_DIR")];
  console.log(accessList(Deno.args[0] === "read" ? "read" : "write", { DATA_DIR, CHARGEHAND_FILES_DIR }));
}
