/**
 * A folder with one file per id. What comes in is streamed to a temporary name, hashed on its way, and has its own name only when it is whole
 * and on the disk; so a process that dies leaves a temporary file or one that no row names, and nothing half. Both are tidied away later.
 */
import { createHash } from "node:crypto";

/** Why a file could not be taken: more came than may, or the disk did not take it. */
export class FolderError extends Error {
  override readonly name = "FolderError";

  constructor(readonly kind: "tooLarge" | "full" | "unusable", message: string, cause?: unknown) {
    super(message, { cause });
  }
}

/** A file that is whole and on the disk, and not yet anybody's. */
export interface Draft {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Gives it the name under which it is found; once this resolves, a power cut does not take it away. */
  keep(id: string): Promise<void>;
  /** Removes it unless it is kept. Never throws. */
  drop(): Promise<void>;
}

/** Files by id. Nothing that comes from outside ever becomes a part of a path. */
export interface FileFolder {
  /** Takes a file to its end. Throws FolderError, and what the source throws; then nothing is left of it. */
  receive(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Draft>;
  /** Its bytes from `from` on. Throws Deno.errors.NotFound. */
  open(id: string, from: number): Promise<Deno.FsFile>;
  remove(id: string): Promise<void>;
  /** Ids of files that were last written before, and removes temporary ones that were. */
  tidy(before: Date): Promise<string[]>;
}

const TEMPORARY = ".part";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The disk, the quota or the process's limit has no room for more: ENOSPC, EDQUOT, EFBIG. Deno gives some of them no code, only the number. */
const NO_ROOM = /^(ENOSPC|EDQUOT|EFBIG)$|\(os error (28|122|27)\)$/;

/** Opens a folder; it is made with the first file. */
export function fileFolder(path: string): FileFolder {
  const place = (id: string) => {
    if (!UUID.test(id)) throw new Error(`${id} is no id of a file`);
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
          await onDisk(path, () => Deno.rename(temporary, place(id)));
          kept = true;
          await syncFolder(path);
        },
        drop: () => kept ? Promise.resolve() : Deno.remove(temporary).catch(() => {}),
      };
    },

    async open(id, from) {
      const file = await Deno.open(place(id), { read: true });
      if (from > 0) await file.seek(from, Deno.SeekMode.Start);
      return file;
    },

    async remove(id) {
      await Deno.remove(place(id)).catch(unlessMissing);
    },

    async tidy(before) {
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
      if (bytes > maxBytes) throw new FolderError("tooLarge", `At most ${maxBytes} bytes are taken`);
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

/** A new name is only certain when the folder itself has been written. */
async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

/** Names the folder where the disk refuses something, because an operator has to see to it. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code = "", message } = error as { code?: string; message: string };
    if (NO_ROOM.test(code) || NO_ROOM.test(message)) {
      throw new FolderError("full", `There is no room for it in ${path}`, error);
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
