/** The files of the project for the checks: all files that git does not ignore, with paths relative to the root. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The names that `.gitignore` excludes, and git's own folder. */
const IGNORED = [/^\.git$/, /^node_modules$/, /^\.coverage$/, /^data$/, /^certify$/, /\.log$/];

/** The names at the top level that git does not ignore; folders end with a slash. */
export async function listTopLevel(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(ROOT));
  return entries.filter(({ name }) => !IGNORED.some((pattern) => pattern.test(name)))
    .map(({ name, isDirectory }) => isDirectory ? `${name}/` : name);
}

/** Every file of the project, sorted. `data` is ignored only at the top level, where it is the default folder of the embedded database. */
export async function listFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    if (IGNORED.some((pattern) => pattern.test(name)) && !(name === "data" && folder !== "")) continue;
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isDirectory) files.push(...await listFiles(path));
    else files.push(path);
  }
  return files.sort();
}

/** Reads a file of the project. */
export function readText(path: string): Promise<string> {
  return Deno.readTextFile(join(ROOT, path));
}
