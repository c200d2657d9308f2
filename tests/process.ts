/**
 * The Central System as a process of its own, started by the README's command. What it writes is kept, and it is always ended.
 */
import { within } from "./conformance/within.ts";

/** A start compiles nothing and still takes a while on a machine that is busy with other tests. */
const START_PATIENCE_MS = 60_000;

/** What a process said before it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running process. */
export interface Process extends AsyncDisposable {
  /** Everything on standard output so far. */
  said(): string;
  /** Waits until what it says matches; throws when the process ends before that. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits until it ends by itself. */
  ends(): Promise<Ended>;
  /** Sends the signal of an orderly end, and waits for it. */
  end(): Promise<Ended>;
}

/** Runs `deno …` in the project, or in `cwd`. No variable of ours is inherited. */
export function deno(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Process {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: cwd ?? new URL("..", import.meta.url).pathname,
    env: { PORT: "0", HOST: "127.0.0.1", DATABASE_URL: "", LOG_LEVEL: "", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = { stdout: "", stderr: "" };
  let wake = () => {};
  const read = async (name: "stdout" | "stderr") => {
    for await (const chunk of child[name].pipeThrough(new TextDecoderStream())) {
      texts[name] += chunk;
      wake();
    }
  };
  let running = true;
  const ended = Promise.all([child.status, read("stdout"), read("stderr")]).then(([{ code }]) => {
    running = false;
    wake();
    return { code, ...texts };
  });
  const match = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(texts.stdout) ?? pattern.exec(texts.stderr);
      if (found) return found;
      if (!running) throw new Error(`deno ${args.join(" ")} ended:\n${texts.stdout}\n${texts.stderr}`);
      await new Promise<void>((resolve) => wake = resolve);
    }
  };
  const all = () => texts.stdout + texts.stderr;
  const ends = () => within(ended, `deno ${args.join(" ")} to end`, all, START_PATIENCE_MS);
  const end = () => {
    if (running) child.kill("SIGTERM");
    return ends();
  };
  return {
    said: () => texts.stdout,
    says: (pattern) => within(match(pattern), String(pattern), all, START_PATIENCE_MS),
    ends,
    end,
    [Symbol.asyncDispose]: async () => void await end(),
  };
}

/** A process that is ready, where it is, and the admin key when it showed one. */
export interface Ready extends Process {
  readonly ocppUrl: string;
  readonly apiUrl: string;
  readonly adminKey: string | undefined;
}

/** `deno task start`, ready; in this project or in a copy of it. */
export async function startProcess(env: Readonly<Record<string, string>>, cwd?: string): Promise<Ready> {
  const process = deno(["task", "start"], env, cwd);
  try {
    const [, ocppUrl = "", apiUrl = ""] = await process.says(
      /(ws:\S+?)\/\{identity\}[^]*?(http:\S+)\/v1[^]*Data is kept/,
    );
    const adminKey = /(chk_\S+)\n/.exec(process.said())?.[1];
    return { ...process, ocppUrl, apiUrl, adminKey };
  } catch (error) {
    await process.end();
    throw error;
  }
}
