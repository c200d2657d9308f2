/**
 * The Central System in a separate process with the flags of `deno task start`, on a database that stays when the process ends. Tests kill it, end
 * it and start it again on the same data.
 */
import { parse } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { accessList } from "../../deploy/paths.ts";
import { EVENT_TIMEOUT_MS, within } from "../conformance/within.ts";
import { type ApiAnswer, callApi } from "../harness.ts";

const ROOT = parse(new URL("../../main.ts", import.meta.url).pathname).dir;
const ADMIN_KEY = "chaos-admin-key-0123456789";

/** The data folder of a process, and the variables that name its folder and database. */
export interface Data {
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A started process; it may not be ready yet, or may have ended. */
export interface Process extends AsyncDisposable {
  readonly pid: number;
  /** Standard output and standard error so far. */
  output(): string;
  /** Resolves with the first match in the output; throws when the process ends before. */
  whenOutput(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit status. */
  readonly ended: Promise<Deno.CommandStatus>;
  signal(signal: Deno.Signal): void;
}

/** A process that is ready: its endpoint and its API. */
export interface Server extends Process {
  /** `ws://127.0.0.1:port/ocpp` */
  readonly ocppUrl: string;
  /** Calls the API as the admin; `path` starts with `/`. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** Sends SIGKILL and waits until the process has ended. */
  kill(): Promise<void>;
}

/** Starts the program without waiting until it is ready. `flags` are Deno's, before the program. */
export function startProcess(
  data: Data,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
): Process {
  const child = new Deno.Command(Deno.execPath(), {
    args: startArguments(data.environment).flatMap((each) => each === "run" ? [each, ...flags] : [each]),
    cwd: ROOT,
    env: {
      NO_COLOR: "1",
      HOST: "127.0.0.1",
      PORT: "0",
      LOG_LEVEL: "warn",
      CHARGEHAND_ADMIN_KEY: ADMIN_KEY,
      ...data.environment,
      ...settings,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Output();
  const read = Promise.all([output.take(child.stdout), output.take(child.stderr)]);
  const ended = Promise.all([child.status, read]).then(([status]) => status);
  const signal = (name: Deno.Signal) => {
    try {
      child.kill(name);
    } catch {
      // it has ended
    }
  };
  return {
    pid: child.pid,
    ended,
    signal,
    output: () => output.text,
    whenOutput: (pattern) =>
      within(output.match(pattern, ended), `${pattern} in the server's output`, () => output.text, START_TIMEOUT_MS),
    async [Symbol.asyncDispose]() {
      signal("SIGKILL");
      await ended;
    },
  };
}

/** Enough for a cold start on a busy machine. */
const START_TIMEOUT_MS = 4 * EVENT_TIMEOUT_MS;

/** Starts the program and waits until it is ready. */
export async function startServer(
  data: Data,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Server> {
  const process = startProcess(data, settings, flags);
  const [, ocppUrl] = await process.whenOutput(/(ws:\S+\/ocpp)\//).catch(async (error) => {
    await process[Symbol.asyncDispose]();
    throw error;
  });
  const url = ocppUrl!.replace(/^ws(.*)\/ocpp$/, "http$1");
  return {
    ...process,
    ocppUrl: ocppUrl!,
    // fetch must not use a kept connection of a killed server for the next request.
    api: (method, path, body, headers) =>
      callApi(url + path, method, body, { ...headers, connection: "close" }, ADMIN_KEY),
    async kill() {
      process.signal("SIGKILL");
      await process.ended;
    },
  };
}

/** The arguments of the `start` task, with the variables and commands in them replaced as a shell does. */
function startArguments({ DATA_DIR, DATABASE_URL }: Data["environment"]): string[] {
  const [, how, ...words] = config.tasks.launch.command.match(/"[^"]*"|\S+/g)!;
  const permissions = words.map((word) =>
    word.replaceAll('"', "").replace(
      /\$\(.* paths (read|write|run)\)/,
      (_, kind) => accessList(kind, { DATA_DIR, DATABASE_URL }),
    )
  );
  return [how!.replace("$HOW", "run"), ...permissions, "main.ts"];
}

/** Collects the output of a process from both its streams. */
class Output {
  text = "";
  #changed = Promise.withResolvers<void>();

  async take(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      this.text += chunk;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  async match(pattern: RegExp, ended: Promise<unknown>): Promise<RegExpExecArray> {
    let isOver = false;
    ended.then(() => {
      isOver = true;
      this.#changed.resolve();
    });
    while (true) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (isOver) throw new Error(`The server ended without ${pattern} in its output:\n${this.text}`);
      await this.#changed.promise;
    }
  }
}
