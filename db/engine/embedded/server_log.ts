/**
 * Reads PostgreSQL's own log: one file for each weekday with one JSON object per line. New entries explain a failed start, and problems of
 * the server are copied to our log. This also limits the size of the files.
 */
import { join } from "node:path";

/** The used fields of an entry, with PostgreSQL's names. */
export interface LogRecord {
  readonly error_severity: string;
  readonly message: string;
  readonly state_code?: string;
  readonly hint?: string;
  readonly detail?: string;
}

/** A larger file is emptied. PostgreSQL replaces a file only after a week. It opens files for appending, so it continues in an emptied file. */
const LARGEST_BYTES = 16 * 2 ** 20;

/** The most that is read at once. Older new entries are skipped. */
const LARGEST_READ_BYTES = 2 ** 20;

/** The entries that were added to the log since the last read. */
export class ServerLog {
  readonly #folder: string;
  /** The position up to which each file has been read. */
  readonly #read = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Skips all existing entries. */
  async skip(): Promise<void> {
    for (const { name, size } of await this.#files()) this.#read.set(name, size);
  }

  /** The new entries, oldest first within a file. */
  async next(): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    for (const { name, size } of await this.#files()) {
      const before = this.#read.get(name) ?? 0;
      // Smaller than before: PostgreSQL has emptied the file and started again.
      const from = size < before ? 0 : Math.max(before, size - LARGEST_READ_BYTES);
      const text = size > from ? await readPart(join(this.#folder, name), from, size - from) : "";
      const whole = text.lastIndexOf("\n") + 1;
      found.push(...text.slice(0, whole).split("\n").flatMap(parse));
      this.#read.set(name, from + new TextEncoder().encode(text.slice(0, whole)).length);
      if (size > LARGEST_BYTES) await this.#empty(name);
    }
    return found;
  }

  async #empty(name: string): Promise<void> {
    await Deno.truncate(join(this.#folder, name));
    this.#read.set(name, 0);
  }

  async #files(): Promise<{ name: string; size: number }[]> {
    const files: { name: string; size: number }[] = [];
    for await (const { name } of Deno.readDir(this.#folder)) {
      if (name.endsWith(".json")) files.push({ name, size: (await Deno.stat(join(this.#folder, name))).size });
    }
    return files;
  }
}

async function readPart(path: string, from: number, length: number): Promise<string> {
  using file = await Deno.open(path);
  await file.seek(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (let n: number | null = 0; n !== null && filled < length; filled += n ?? 0) {
    n = await file.read(bytes.subarray(filled));
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}

/** The entry of a line; none when the line is incomplete or not an entry. */
function parse(line: string): LogRecord[] {
  try {
    const record = JSON.parse(line);
    return typeof record?.message === "string" ? [record] : [];
  } catch {
    return [];
  }
}

/** SQLSTATE classes of the server's own problems. Errors of a statement or a client are returned to the client. */
const SERVER_PROBLEMS = /^(53|58|XX|F0)/;

/** SQLSTATEs of a normal start or stop, and of a wrong password. */
const NORMAL_ENDS = /^(57P0[1-3]|28)/;

/** Messages of severity LOG that report a crash or the recovery after it. */
const CRASHES = /terminated by (signal|exception)|was not properly shut down|exited with exit code [^01]|corrupt/;

/** Whether the operator should see an entry: a crash, a full disk, damaged data. */
export function isServerProblem({ error_severity, message, state_code = "" }: LogRecord): boolean {
  if (error_severity === "PANIC") return true;
  if (error_severity === "FATAL") return !NORMAL_ENDS.test(state_code);
  if (SERVER_PROBLEMS.test(state_code)) return true;
  return error_severity === "LOG" && CRASHES.test(message);
}
