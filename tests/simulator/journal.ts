/**
 * A file of JSON lines. A line is on the disk when `append` returns. A killed process may leave an incomplete last line: readers skip it, and the next
 * writer begins a new line.
 */

/** An open journal. `append` blocks until fsync has finished. */
export class Journal {
  readonly #file: Deno.FsFile;
  #closed = false;

  constructor(readonly path: string) {
    this.#file = Deno.openSync(path, { create: true, read: true, write: true });
    const size = this.#file.seekSync(0, Deno.SeekMode.End);
    if (size > 0 && !this.#endsWithNewline(size)) this.#write("\n");
  }

  /** Appends one value as a line and waits for fsync. */
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

/** Every complete line of a journal, oldest first; empty when the file does not exist. */
export function readJournal(path: string): unknown[] {
  return (readIfExists(path) ?? "").split("\n").flatMap((line) => {
    try {
      return line ? [JSON.parse(line)] : [];
    } catch {
      return []; // incomplete after a kill
    }
  });
}

/** Replaces a file atomically: after a kill it has the old or the new content. */
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

/** The text of a file; undefined when it does not exist. */
export function readIfExists(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
