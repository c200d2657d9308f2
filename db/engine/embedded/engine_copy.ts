/**
 * The copy of PostgreSQL's programs in the data folder. It is needed for a read-only package cache, for another user, and for data of an
 * older major version after an update of the product.
 */
import { basename, dirname, join } from "node:path";
import type { EnginePackage } from "./package.ts";
import { ignoreMissing, readIfThere, removeIfThere, syncFile, syncFolder } from "./durable_files.ts";

/** Files that are only needed to compile C programs. */
const LEFT_OUT = /\.a$|^pkgconfig$|^include$/;

/** Written last: a copy without it is incomplete. */
const VERSION_FILE = "VERSION";

/** The version of the package that the copy was made from; undefined when there is no complete copy. */
export async function copiedVersion(engine: string): Promise<string | undefined> {
  return (await readIfThere(join(engine, VERSION_FILE)))?.trim();
}

/**
 * Makes or replaces the copy. It is made under a temporary name and renamed: after a kill there is the old copy, the new one or none. Deno
 * also refuses writes to paths that this process may run.
 */
export async function copyEngine({ folder, version }: EnginePackage, engine: string): Promise<void> {
  const [next, last] = [`${engine}.new`, `${engine}.old`];
  await removeIfThere(next);
  await removeIfThere(last);
  const copied = await copyFolder(folder, next);
  await linkLibraries(folder, next);
  await Promise.all(copied.map(syncFile));
  await Deno.writeTextFile(join(next, VERSION_FILE), version);
  await syncFile(join(next, VERSION_FILE));
  await Deno.rename(engine, last).catch(ignoreMissing);
  await Deno.rename(next, engine);
  await syncFolder(dirname(engine));
  await removeIfThere(last);
}

/** Copies a folder without LEFT_OUT and returns the new files. Every user may read them, whatever the umask and the modes in the cache. */
async function copyFolder(from: string, to: string): Promise<string[]> {
  await Deno.mkdir(to);
  await setMode(to, 0o755);
  const copied = await Promise.all(
    (await Array.fromAsync(Deno.readDir(from))).filter(({ name }) => !LEFT_OUT.test(name)).map(
      async ({ name, isDirectory }) => {
        if (isDirectory) return await copyFolder(join(from, name), join(to, name));
        await Deno.copyFile(join(from, name), join(to, name));
        await setMode(join(to, name), basename(to) === "bin" ? 0o755 : 0o644);
        return [join(to, name)];
      },
    ),
  );
  return copied.flat();
}

async function setMode(path: string, mode: number): Promise<void> {
  if (Deno.build.os !== "windows") await Deno.chmod(path, mode);
}

/**
 * Makes the links that npm packages cannot contain: Deno does not run the install script that would make symbolic ones. Hard links do the
 * same; for symbolic links Deno requires permission to read and write the whole disk.
 */
async function linkLibraries(from: string, to: string): Promise<void> {
  const within = (path: string) => join(to, path.replace(/^native\//, ""));
  const list = await readIfThere(join(from, "pg-symlinks.json")) ?? "[]";
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    if (!LEFT_OUT.test(source)) await Deno.link(within(source), within(target));
  }
}
