/**
 * PostgreSQL's own log: one JSON object a line in one file a weekday, written by PostgreSQL. This reads what was added, so that a
 * failed start can say why and problems of the server reach our log, and it keeps a file from growing without end.
 */
import { join } from "node:path";

/** One entry, as far as it is of use here. PostgreSQL's names. */
export interface LogRecord {
  readonly error_severity: string;
  readonly message: string;
  readonly state_code?: string;
  readonly hint?: string;
  readonly detail?: string;
}

/** PostgreSQL replaces each file after a week, but lets it grow meanwhile. It only appends, so it goes on at the start of an emptied file. */
const LARGEST_BYTES = 16 * 2 ** 20;

/** More is skipped: after a flood the newest entries tell enough. */
const LARGEST_READ_BYTES = 2 ** 20;

/** The entries that were added since the last look. */
export class ServerLog {
  readonly #folder: string;
  /** How far each file has been read. */
  readonly #read = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Passes over everything that is there now. */
  async skip(): Promise<void> {
    for (const { name, size } of await this.#files()) this.#read.set(name, size);
  }

  /** What was added since, oldest first within a file. */
  async next(): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    for (const { name, size } of await this.#files()) {
      const before = this.#read.get(name) ?? 0;
      // Smaller than before: PostgreSQL has begun the file anew.
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

/** A line that is cut or foreign is passed over. */
function parse(line: string): LogRecord[] {
  try {
    const record = JSON.parse(line);
    return typeof record?.message === "string" ? [record] : [];
  } catch {
    return [];
  }
}

/** What a statement or a client did wrong is answered to it; these are the server's own problems. */
const SERVER_PROBLEMS = /^(53|58|XX|F0)/;

/** Normal words of a start, a stop or a wrong password. */
const NORMAL_ENDS = /^(57P0[1-3]|28)/;

/** Ordinary lines that tell of a crash and of the recovery after it. */
const CRASHES = /terminated by (signal|exception)|was not properly shut down|exited with exit code [^01]|corrupt/;

/** Is this entry for the operator: a crash, a full disk, damaged data? */
export function isServerProblem({ error_severity, message, state_code = "" }: LogRecord): boolean {
  if (error_severity === "PANIC") return true;
  if (error_severity === "FATAL") return !NORMAL_ENDS.test(state_code);
  if (SERVER_PROBLEMS.test(state_code)) return true;
  return error_severity === "LOG" && CRASHES.test(message);
}
