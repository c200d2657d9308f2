/** Small files and folders that must survive a power cut: what was written is on the disk before the next step relies on it. */
import { dirname } from "node:path";

/** Waits until the disk has the contents of a file. */
export async function syncFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.sync();
}

/** Waits until the disk has the names in a folder. Windows knows no such wait. */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

/** Replaces a file as a whole: a reader, and a start after a power cut, sees the old text or the new one. */
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

/** Removes a file, or a folder with everything in it; there may be none. */
export async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
}

/** For `catch`: passes on every error but that there is no such file. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
