/**
 * The Central System in a separate process, started with the README's command. Its output is collected; disposing stops it.
 */
import { within } from "./conformance/within.ts";

/** Enough for a start, or for a type check of everything, on a machine that is busy with other tests. */
const TIMEOUT_MS = 240_000;

/** Exit code and complete output of a process. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running process. */
export interface Process extends AsyncDisposable {
  readonly pid: number;
  /** Everything on standard output so far. */
  output(): string;
  /** Waits for a match on standard output or standard error; throws when the process ends before. */
  whenOutput(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits until the process ends by itself. */
  whenEnded(): Promise<Ended>;
  /** Sends a signal, SIGTERM unless another is given, and waits until the process has ended. */
  end(signal?: Deno.Signal): Promise<Ended>;
}

/** Runs `deno …` in the project, or in `cwd`. Settings in the environment of the tests are overridden. */
export function deno(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Process {
  return run([Deno.execPath(), ...args], env, cwd);
}

/** Runs a command in the same way. */
export function run(command: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string): Process {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    cwd: cwd ?? new URL("..", import.meta.url).pathname,
    env: { PORT: "0", HOST: "127.0.0.1", DATABASE_URL: "", LOG_LEVEL: "", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = { stdout: "", stderr: "" };
  let onChange = () => {};
  const read = async (name: "stdout" | "stderr") => {
    for await (const chunk of child[name].pipeThrough(new TextDecoderStream())) {
      texts[name] += chunk;
      onChange();
    }
  };
  let running = true;
  const ended = Promise.all([child.status, read("stdout"), read("stderr")]).then(([{ code }]) => {
    running = false;
    onChange();
    return { code, ...texts };
  });
  const match = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(texts.stdout) ?? pattern.exec(texts.stderr);
      if (found) return found;
      if (!running) throw new Error(`${command.join(" ")} ended:\n${texts.stdout}\n${texts.stderr}`);
      await new Promise<void>((resolve) => onChange = resolve);
    }
  };
  const all = () => texts.stdout + texts.stderr;
  const whenEnded = () => within(ended, `${command.join(" ")} to end`, all, TIMEOUT_MS);
  const end = (signal: Deno.Signal = "SIGTERM") => {
    if (running) child.kill(signal);
    return whenEnded();
  };
  return {
    pid: child.pid,
    output: () => texts.stdout,
    whenOutput: (pattern) => within(match(pattern), String(pattern), all, TIMEOUT_MS),
    whenEnded,
    end,
    [Symbol.asyncDispose]: async () => void await end(),
  };
}

/** A process that is ready: its addresses, and the admin key if the start showed one. */
export interface Ready extends Process {
  readonly ocppUrl: string;
  readonly apiUrl: string;
  readonly adminKey: string | undefined;
}

/** Runs `deno task start` in this project or in a copy of it (`cwd`), and waits until it is ready. */
export async function startProcess(env: Readonly<Record<string, string>>, cwd?: string): Promise<Ready> {
  const process = deno(["task", "start"], env, cwd);
  try {
    const [, ocppUrl = "", apiUrl = ""] = await process.whenOutput(
      /(ws:\S+?)\/\{identity\}[^]*?(http:\S+)\/v1[^]*Data is kept/,
    );
    const adminKey = /(chk_\S+)\n/.exec(process.output())?.[1];
    return { ...process, ocppUrl, apiUrl, adminKey };
  } catch (error) {
    await process.end();
    throw error;
  }
}
