/**
 * What is measured from outside: the Central System on a place's database, or the echo server; both are processes of their own.
 */
import { type Server, startServer } from "../chaos/server.ts";
import { deno } from "../process.ts";
import { CHARGE_POINTS, type Place } from "./place.ts";

export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly isEcho: boolean;
  /** Where an identity connects, without it. */
  readonly url: string;
  /** Processor time that it has used, in ms. */
  cpuMs(): Promise<number>;
  /** Resident memory in KiB. */
  residentKiB(): Promise<number>;
  /** Has what is garbage collected, as V8 does by itself when little happens; only in a subject that is `INSPECTED`. */
  collectGarbage(): Promise<void>;
}

/** Limits that protect from one charge point would be all that is measured. */
const SETTINGS = {
  CHARGEHAND_MESSAGES_PER_SECOND: "1000000",
  CHARGEHAND_MESSAGE_BURST: "1000000",
  CHARGEHAND_HANDSHAKES_PER_SECOND: "1000000",
  CHARGEHAND_MAX_CONNECTIONS: String(CHARGE_POINTS),
};

/** Deno's flags for a subject whose memory is measured: its debugger can have the garbage collected. */
export const INSPECTED = ["--inspect=127.0.0.1:0"];

/** The Central System on this database. */
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

/** The bare transport. */
export function echo(flags: readonly string[] = []): Promise<Subject> {
  return program("echo server", "echo.ts", [...flags, "--allow-net=127.0.0.1", "--allow-env=WS_NO_BUFFER_UTIL"]);
}

/** The bare transport with the bare group commit behind it. */
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

/** Linux counts processor time in these. */
const TICK_MS = 10;

function usage(
  pid: number,
  process: Pick<Server, "whenOutput">,
): Pick<Subject, "cpuMs" | "residentKiB" | "collectGarbage"> {
  return {
    async cpuMs() {
      // the name of the program, in parentheses, may hold spaces
      const fields = (await readProc(pid, "stat")).split(") ")[1]!.split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    residentKiB: async () => Number(/VmRSS:\s+(\d+)/.exec(await readProc(pid, "status"))![1]),
    collectGarbage: async () => await collectGarbage((await process.whenOutput(/Debugger listening on (ws:\S+)/))[1]!),
  };
}

/** Asks the debugger of a process for it. */
async function collectGarbage(url: string): Promise<void> {
  const debug = new WebSocket(url);
  const next = (type: string) => new Promise((resolve) => debug.addEventListener(type, resolve, { once: true }));
  await next("open");
  debug.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));
  await next("message");
  debug.close();
  await next("close");
}

/** By way of `cat`: Deno opens nothing below /proc without every permission there is. */
async function readProc(pid: number, name: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/${name}`] }).output();
  return new TextDecoder().decode(stdout);
}
