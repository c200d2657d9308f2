/**
 * The Central System as an operator runs it: a process of its own, with the flags of `deno task start`, over a database of its own
 * that outlives it. Tests kill it, end it and start it again on the same data.
 */
import { parse } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { accessList } from "../../deploy/paths.ts";
import { PATIENCE_MS, within } from "../conformance/within.ts";
import { type ApiAnswer, callApi } from "../harness.ts";

const ROOT = parse(new URL("../../main.ts", import.meta.url).pathname).dir;
const ADMIN_KEY = "chaos-admin-key-0123456789";

/** Where a process keeps its data. */
export interface Data {
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A process that is on its way up, running or over. */
export interface Process extends AsyncDisposable {
  readonly pid: number;
  /** Both outputs so far. */
  said(): string;
  /** Resolves with the first part of the output that matches; throws when the process ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** How it ended. */
  readonly ended: Promise<Deno.CommandStatus>;
  signal(signal: Deno.Signal): void;
}

/** A process that is ready. */
export interface Server extends Process {
  /** `ws://127.0.0.1:port/ocpp` */
  readonly ocppUrl: string;
  /** Calls the API as the admin; `path` starts with `/`. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** kill -9, and the wait until it is gone. */
  kill(): Promise<void>;
}

/** Starts the program; it need not come up. `flags` are Deno's, before the program. */
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
    said: () => output.text,
    says: (pattern) =>
      within(output.match(pattern, ended), `the server to say ${pattern}`, () => output.text, START_MS),
    async [Symbol.asyncDispose]() {
      signal("SIGKILL");
      await ended;
    },
  };
}

/** A cold start on a machine that does other things, too. */
const START_MS = 4 * PATIENCE_MS;

/** Starts the program and waits until it is ready. */
export async function startServer(
  data: Data,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Server> {
  const process = startProcess(data, settings, flags);
  const [, ocppUrl] = await process.says(/(ws:\S+\/ocpp)\//).catch(async (error) => {
    await process[Symbol.asyncDispose]();
    throw error;
  });
  const url = ocppUrl!.replace(/^ws(.*)\/ocpp$/, "http$1");
  return {
    ...process,
    ocppUrl: ocppUrl!,
    // A killed server must not leave a connection behind that the next request would be tried on.
    api: (method, path, body, headers) =>
      callApi(url + path, method, body, { ...headers, connection: "close" }, ADMIN_KEY),
    async kill() {
      process.signal("SIGKILL");
      await process.ended;
    },
  };
}

/** The arguments of the `start` task, as its shell would make them. */
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

/** What a process says, put together from both its outputs. */
class Output {
  text = "";
  #heard = Promise.withResolvers<void>();

  async take(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      this.text += chunk;
      this.#heard.resolve();
      this.#heard = Promise.withResolvers();
    }
  }

  async match(pattern: RegExp, ended: Promise<unknown>): Promise<RegExpExecArray> {
    let over = false;
    ended.then(() => {
      over = true;
      this.#heard.resolve();
    });
    while (true) {
      const found = pattern.exec(this.text);
      if (found) return found;
      if (over) throw new Error(`The server ended without saying ${pattern}:\n${this.text}`);
      await this.#heard.promise;
    }
  }
}
