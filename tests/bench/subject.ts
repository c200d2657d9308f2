/**
 * The measured servers, each in a separate process: the Central System, the echo server, and the bare group commit.
 */
import { type Server, startServer } from "../chaos/server.ts";
import { deno } from "../process.ts";
import { CHARGE_POINTS, type Place } from "./place.ts";

/** A running server and its use of CPU time and memory. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly isEcho: boolean;
  /** The URL of the endpoint, without the identity. */
  readonly url: string;
  /** The CPU time that the process has used. */
  cpuMs(): Promise<number>;
  /** The resident memory of the process. */
  residentKiB(): Promise<number>;
  /** Runs a garbage collection; only in a process that was started with the flags `INSPECTED`. */
  collectGarbage(): Promise<void>;
}

/** Limits far above the load, so that they do not determine the results. */
const SETTINGS = {
  CHARGEHAND_MESSAGES_PER_SECOND: "1000000",
  CHARGEHAND_MESSAGE_BURST: "1000000",
  CHARGEHAND_HANDSHAKES_PER_SECOND: "1000000",
  CHARGEHAND_MAX_CONNECTIONS: String(CHARGE_POINTS),
};

/** Deno's flags for `collectGarbage`, which uses the debugger. */
export const INSPECTED = ["--inspect=127.0.0.1:0"];

/** Starts the Central System on the database of the run. */
export async function centralSystem(
  place: Place,
  flags: readonly string[] = [],
): Promise<Subject & Pick<Server, "api">> {
  const server = await startServer(place.data, SETTINGS, flags);
  return {
    name: `Chargehand, ${place.name}`,
    isEcho: false,
    url: server.ocppUrl,
    api: server.api,
    ...usage(server.pid, server),
    async [Symbol.asyncDispose]() {
      server.signal("SIGTERM");
      await server.ended;
    },
  };
}

/** Starts the echo server. */
export function echo(flags: readonly string[] = []): Promise<Subject> {
  return program("echo server", "echo.ts", [...flags, "--allow-net=127.0.0.1", "--allow-env=WS_NO_BUFFER_UTIL"]);
}

/** Starts the bare group commit. */
export function bareCommit({ name, bareUrl }: Place): Promise<Subject> {
  return program(`bare group commit, ${name}`, "bare_commit.ts", ["--allow-net", "--allow-env"], [bareUrl]);
}

async function program(
  name: string,
  file: string,
  permissions: readonly string[],
  args: readonly string[] = [],
): Promise<Subject> {
  const path = new URL(file, import.meta.url).pathname;
  const process = deno(["run", "--frozen", "--lock=tests/deno.lock", "--no-prompt", ...permissions, path, ...args]);
  const [, pid, url = ""] = await process.whenOutput(/pid (\d+) at (ws:\S+)\/ready/);
  return {
    name,
    isEcho: file === "echo.ts",
    url,
    ...usage(Number(pid), process),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** The unit of CPU times in /proc on Linux. */
const TICK_MS = 10;

function usage(
  pid: number,
  process: Pick<Server, "whenOutput">,
): Pick<Subject, "cpuMs" | "residentKiB" | "collectGarbage"> {
  return {
    async cpuMs() {
      // The name of the program, in parentheses, may contain spaces.
      const fields = (await readProc(pid, "stat")).split(") ")[1]!.split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    residentKiB: async () => Number(/VmRSS:\s+(\d+)/.exec(await readProc(pid, "status"))![1]),
    collectGarbage: async () => await collectGarbage((await process.whenOutput(/Debugger listening on (ws:\S+)/))[1]!),
  };
}

/** Runs a garbage collection through the debugger of the process. */
async function collectGarbage(url: string): Promise<void> {
  const debug = new WebSocket(url);
  const next = (type: string) => new Promise((resolve) => debug.addEventListener(type, resolve, { once: true }));
  await next("open");
  debug.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));
  await next("message");
  debug.close();
  await next("close");
}

/** Reads a file below /proc with `cat`, because Deno itself needs all permissions for that. */
async function readProc(pid: number, name: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/${name}`] }).output();
  return new TextDecoder().decode(stdout);
}
