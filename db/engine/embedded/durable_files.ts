/** Operations on small files and folders that must survive a power cut: the data are on the disk before the next step depends on them. */
import { dirname } from "node:path";

/** Waits until the content of a file is on the disk. */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** Waits until the names in a folder are on the disk. Windows has no such operation. */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

/** Replaces a file atomically: a reader, and a start after a power cut, sees the old text or the new one. */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const next = `${path}.new`;
  await Deno.writeTextFile(next, text, { mode });
  await syncFile(next);
  await Deno.rename(next, path);
  await syncFolder(dirname(path));
}

/** The text of a file, undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes a file, or a folder with its content, if it exists. */
export async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
}

/** For `catch`: throws every error except NotFound. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
