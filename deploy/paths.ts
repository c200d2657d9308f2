/**
 * Prints the paths for the `start` task's `--allow-read` and `--allow-write`: the folder of the embedded database and, for reading,
 * the PGlite package, whose WebAssembly lies in Deno's package cache. Both depend on the machine, so no fixed list in deno.json
 * could name them, and the alternative is the whole disk. It runs before every start and therefore imports nothing of ours.
 */
import { fileURLToPath } from "node:url";

/** What DATA_DIR is when it is not set; the same as in `actors/settings.ts`, which a test compares. */
export const DEFAULT_DATA_DIR = "./data";

/** The list as Deno's flags take it. They know no way to write a comma that belongs to a path. */
export function accessList(kind: "read" | "write", dataDir: string | undefined): string {
  const pglite = fileURLToPath(import.meta.resolve("@electric-sql/pglite"));
  const packageFolder = /.*[\\/]pglite[\\/][^\\/]+(?=[\\/])/.exec(pglite)?.[0] ?? pglite;
  return [dataDir || DEFAULT_DATA_DIR, ...(kind === "read" ? [packageFolder] : [])].join();
}

if (import.meta.main) console.log(accessList(Deno.args[0] === "read" ? "read" : "write", Deno.env.get("DATA_DIR")));
