/** The files of the project as the checks see them: everything that git would keep, with paths from the root. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What `.gitignore` names, as far as it lies in the tree, and git itself. */
const NOT_OURS = [/^\.git$/, /^node_modules$/, /^\.coverage$/, /^data$/, /^certify$/, /\.log$/];

/** Names at the top level that belong to the project or are unknown; folders end with a slash. */
export async function listTopLevel(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(ROOT));
  return entries.filter(({ name }) => !NOT_OURS.some((pattern) => pattern.test(name)))
    .map(({ name, isDirectory }) => isDirectory ? `${name}/` : name);
}

/** Every file of the project, sorted. `data` is left out at the top only: it is the embedded database's default folder. */
export async function listFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, folder))) {
    if (NOT_OURS.some((pattern) => pattern.test(name)) && !(name === "data" && folder !== "")) continue;
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isDirectory) files.push(...await listFiles(path));
    else files.push(path);
  }
  return files.sort();
}

/** The text of one file of the project. */
export function readText(path: string): Promise<string> {
  return Deno.readTextFile(join(ROOT, path));
}
