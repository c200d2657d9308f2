/**
 * A folder with one file per id. A received file is streamed to a temporary name and hashed. It is renamed when it is complete and on the disk.
 * A process that dies leaves a temporary file, or a complete file without a row in the database. `cleanUp` finds both later.
 */
import { createHash } from "node:crypto";

/** A file could not be received: it is too large, the disk is full, or the folder cannot be used. */
export class FolderError extends Error {
  override readonly name = "FolderError";

  constructor(readonly kind: "tooLarge" | "full" | "unusable", message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** A complete file on the disk that has no id yet. */
export interface Draft {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Gives the file its id. After this resolves, the file survives a power cut. */
  keep(id: string): Promise<void>;
  /** Removes the file unless it is kept. Never throws. */
  drop(): Promise<void>;
}

/** Files by id. Text from clients never becomes a part of a path. */
export interface FileFolder {
  /** Receives a file completely. Throws FolderError, and the source's errors; then no file is left. */
  receive(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Draft>;
  /** Opens a file at the position `from`. Throws Deno.errors.NotFound. */
  open(id: string, from: number): Promise<Deno.FsFile>;
  remove(id: string): Promise<void>;
  /** Removes temporary files that were last written before, and returns the ids of other files that were. */
  cleanUp(before: Date): Promise<string[]>;
}

const TEMPORARY = ".part";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The disk, the quota or the process's limit is used up: ENOSPC, EDQUOT, EFBIG. Some of Deno's errors have only the number, not the code. */
const NO_SPACE = /^(ENOSPC|EDQUOT|EFBIG)$|\(os error (28|122|27)\)$/;

/** Makes the access to a folder, which is created with its first file. */
export function fileFolder(path: string): FileFolder {
  const pathOf = (id: string) => {
    if (!UUID.test(id)) throw new Error(`Cannot use ${id} as the id of a file: it is not a UUID in lower case`);
    return `${path}/${id}`;
  };
  return {
    async receive(source, maxBytes) {
      const temporary = `${path}/${crypto.randomUUID()}${TEMPORARY}`;
      const { bytes, sha256 } = await write(path, temporary, source, maxBytes);
      let kept = false;
      return {
        bytes,
        sha256,
        async keep(id) {
          await onDisk(path, () => Deno.rename(temporary, pathOf(id)));
          kept = true;
          await syncFolder(path);
        },
        drop: () => kept ? Promise.resolve() : Deno.remove(temporary).catch(() => {}),
      };
    },

    async open(id, from) {
      const file = await Deno.open(pathOf(id), { read: true });
      if (from > 0) await file.seek(from, Deno.SeekMode.Start);
      return file;
    },

    async remove(id) {
      await Deno.remove(pathOf(id)).catch(unlessMissing);
    },

    async cleanUp(before) {
      const ids: string[] = [];
      for (const name of await namesIn(path)) {
        const stat = await Deno.stat(`${path}/${name}`).catch(unlessMissing);
        if (!stat?.isFile || (stat.mtime ?? before) >= before) continue;
        if (name.endsWith(TEMPORARY)) await Deno.remove(`${path}/${name}`).catch(unlessMissing);
        else if (UUID.test(name)) ids.push(name);
      }
      return ids;
    },
  };
}

async function write(path: string, temporary: string, source: AsyncIterable<Uint8Array>, maxBytes: number) {
  await onDisk(path, () => Deno.mkdir(path, { recursive: true }));
  const file = await onDisk(path, () => Deno.open(temporary, { write: true, createNew: true, mode: 0o600 }));
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const part of source) {
      bytes += part.length;
      if (bytes > maxBytes) {
        throw new FolderError("tooLarge", `The file is too large: at most ${maxBytes} bytes are accepted`);
      }
      hash.update(part);
      await onDisk(path, () => writeAll(file, part));
    }
    await onDisk(path, () => file.sync());
    file.close();
    return { bytes, sha256: hash.digest("hex") };
  } catch (error) {
    file.close();
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function writeAll(file: Deno.FsFile, part: Uint8Array): Promise<void> {
  for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
}

/** A new name survives a power cut only after a sync of the folder. */
async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

/** Turns errors of the disk into FolderErrors that name the folder, so that an operator knows where to look. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    if (NO_SPACE.test(code) || NO_SPACE.test(message)) {
      throw new FolderError("full", `The file cannot be stored: there is no space left in ${path}`, error);
    }
    throw new FolderError("unusable", `The folder ${path} cannot be used: ${message}`, error);
  }
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  } catch (error) {
    unlessMissing(error);
    return [];
  }
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
  return undefined;
}
