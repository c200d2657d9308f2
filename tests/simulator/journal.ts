/**
 * A file of JSON lines that is on the disk when `append` returns. A process that is killed in the middle of a line leaves
 * a torn one: readers skip it and the next writer starts a new line, so nothing before it is ever lost.
 */

/** An open journal. Writing blocks for the length of one fsync. */
export class Journal {
  readonly #file: Deno.FsFile;
  #closed = false;

  constructor(readonly path: string) {
    this.#file = Deno.openSync(path, { create: true, read: true, write: true });
    const size = this.#file.seekSync(0, Deno.SeekMode.End);
    if (size > 0 && !this.#endsWithNewline(size)) this.#write("\n");
  }

  /** Writes one value as a line and waits for the disk. */
  append(value: unknown): void {
    if (this.#closed) return;
    this.#write(JSON.stringify(value) + "\n");
    this.#file.syncDataSync();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }

  #endsWithNewline(size: number): boolean {
    const last = new Uint8Array(1);
    this.#file.seekSync(size - 1, Deno.SeekMode.Start);
    this.#file.readSync(last);
    return last[0] === 10;
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
  }
}

/** Every whole line of a journal, oldest first; none when there is no such file. */
export function readJournal(path: string): unknown[] {
  return (readIfThere(path) ?? "").split("\n").flatMap((line) => {
    try {
      return line ? [JSON.parse(line)] : [];
    } catch {
      return []; // torn by a kill
    }
  });
}

/** Replaces a file in one step: after a kill it has either the old or the new content, never a part. */
export function replaceFile(path: string, content: string): void {
  const fresh = `${path}.new`;
  const file = Deno.openSync(fresh, { create: true, write: true, truncate: true });
  try {
    const bytes = new TextEncoder().encode(content);
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
    file.syncDataSync();
  } finally {
    file.close();
  }
  Deno.renameSync(fresh, path);
}

/** The text of a file; undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
