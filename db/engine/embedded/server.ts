/**
 * Starts, takes over and stops the PostgreSQL server of one data folder. A server that a killed process left running is taken over: its data
 * are complete, and a restart would only cost the time of a recovery.
 */
import { StoreError } from "../errors.ts";
import { isFree, newPort } from "./cluster.ts";
import { configuration, machineMemoryBytes } from "./configuration.ts";
import { type Address, connect, type Connection } from "./connection.ts";
import type { DataLayout } from "./data_folder.ts";
import { readIfThere, removeIfThere, replaceFile } from "./durable_files.ts";
import { type Programs, reasonIn } from "./programs.ts";
import { pause } from "./pause.ts";
import type { ServerLog } from "./server_log.ts";

/** Everything that a start of the server needs. */
export interface ServerOptions {
  readonly layout: DataLayout;
  readonly programs: Programs;
  readonly password: string;
  readonly tuning: Readonly<Record<string, string>>;
  readonly serverLog: ServerLog;
  readonly progress: (line: string) => void;
}

/** A server that answers statements. */
export interface RunningServer {
  readonly connection: Connection;
  readonly port: number;
  /** Whether it was running already. */
  readonly adopted: boolean;
}

/** After this time the start prints what it waits for. */
const PROGRESS_MS = 1000;

/** A recovery after a crash may take minutes and must not be interrupted. */
const START_SECONDS = 600;

/** How long a fast shutdown may take. After it the server is ended without a last checkpoint, which loses no data. */
const FAST_STOP_SECONDS = 4;
const IMMEDIATE_STOP_SECONDS = 2;

/** How often a start is repeated while processes of a dead server are still running, and the wait before each. */
const LEFTOVER = { attempts: 8, everyMs: 250 } as const;

/** How often the log is read for the reason of a failed start, and the wait before each read. */
const LATE_LOG = { attempts: 20, everyMs: 50 } as const;

/** How often a connection may be closed without an answer before the start fails, and the wait before the next attempt. */
const CLOSED = { attempts: 100, everyMs: 100 } as const;

/** A process id that no operating system uses. */
const NO_PROCESS = "99999999";

/** Takes over the running server or starts one. `mayMove`: choose another port when the stored one is in use. */
export async function ensureRunning(server: ServerOptions, port: number, mayMove: boolean): Promise<RunningServer> {
  const running = await runningPort(server.layout);
  const connection = running === undefined ? undefined : await whenReady(server, running);
  if (connection) return { connection, port: running!, adopted: true };
  const started = await start(server, mayMove && !isFree(port) ? await newPort(server.layout) : port, mayMove);
  try {
    const own = await whenReady(server, started);
    if (own) return { connection: own, port: started, adopted: false };
  } catch (error) {
    await endServer(server.programs);
    throw error;
  }
  throw new StoreError(
    "refused",
    `PostgreSQL has started in ${server.layout.cluster}, but it does not answer. Read its log in ${server.layout.logs}.`,
  );
}

/** Shuts the server of this folder down. Does nothing when no server runs. */
export async function stopServer(server: Pick<ServerOptions, "layout" | "programs" | "password">): Promise<void> {
  const port = await runningPort(server.layout);
  if (port === undefined) return;
  // The process id in postmaster.pid may belong to another program now, which must not get the signal.
  const found = await connect(addressOf(server, port));
  if (found === "down") return;
  if (typeof found === "object") await found.close();
  await endServer(server.programs);
}

async function endServer(programs: Programs): Promise<void> {
  const stop = (mode: string, seconds: number) =>
    programs.run("pg_ctl", ["stop", "-s", "-D", "data", "-m", mode, "-w", "-t", String(seconds)]);
  const { success } = await stop("fast", FAST_STOP_SECONDS);
  if (!success) await stop("immediate", IMMEDIATE_STOP_SECONDS);
}

function addressOf({ layout, password }: Pick<ServerOptions, "layout" | "password">, port: number): Address {
  return { port, password, cluster: layout.cluster };
}

/** The port in `postmaster.pid`, the file of a server that runs, or that died without removing it. */
async function runningPort({ cluster }: DataLayout): Promise<number | undefined> {
  const port = Number((await readIfThere(`${cluster}/postmaster.pid`))?.split("\n")[3]);
  return port > 0 ? port : undefined;
}

/** Waits until the server accepts connections, during a recovery or a shutdown, too. Undefined when no server of this folder runs. */
async function whenReady(server: ServerOptions, port: number): Promise<Connection | undefined> {
  using _ = whenSlow(() => server.progress("Waiting for PostgreSQL, which recovers its data or is shutting down"));
  for (let closed = 0; closed < CLOSED.attempts; await pause(CLOSED.everyMs)) {
    const found = await connect(addressOf(server, port));
    if (typeof found === "object") return found;
    if (found === "down") return undefined;
    if (found === "starting") continue;
    // Another program may use the port of a server that was killed.
    if (!await hasProcess(server.programs)) return undefined;
    if (found === "silent") break;
    closed++;
  }
  throw new StoreError(
    "refused",
    `Cannot connect to the PostgreSQL server of ${server.layout.cluster}: it does not answer on 127.0.0.1:${port}. Its process, whose id is the ` +
      `first line of postmaster.pid in that folder, may be stopped, or another program uses the port. End that process or that program, and start ` +
      `again.`,
  );
}

/** Whether there is a process with the id in `postmaster.pid`. It may belong to another program now. */
async function hasProcess(programs: Programs): Promise<boolean> {
  return (await programs.run("pg_ctl", ["status", "-s", "-D", "data"])).success;
}

/** Starts a server and returns its port. */
async function start(server: ServerOptions, port: number, mayMove: boolean): Promise<number> {
  const { layout } = server;
  let failure = await tryStart(server, port);
  if (failure !== undefined && /lock file "postmaster.pid" already exists/.test(failure)) {
    await invalidatePid(server);
    failure = await tryStart(server, port);
  }
  for (let n = 0; n < LEFTOVER.attempts && failure !== undefined && /shared memory block/.test(failure); n++) {
    await pause(LEFTOVER.everyMs);
    failure = await tryStart(server, port);
  }
  if (failure === undefined) return port;
  if (/could not (bind|create any TCP)/.test(failure) && mayMove) {
    return await start(server, await newPort(layout), true);
  }
  throw new StoreError(
    "refused",
    `PostgreSQL did not start in ${layout.cluster}: ${reasonIn(failure)} Its log is in ${layout.logs}.`,
  );
}

/** Starts the server once. Undefined when it runs, else its output and the entries of its log. */
async function tryStart(server: ServerOptions, port: number): Promise<string | undefined> {
  const { layout, programs, tuning, serverLog, progress } = server;
  const text = configuration({ port, logs: layout.logs, memoryBytes: machineMemoryBytes(), tuning });
  await replaceFile(`${layout.cluster}/postgresql.conf`, text);
  await programs.giveOwnership(`${layout.cluster}/postgresql.conf`);
  // The output before PostgreSQL opens its own log.
  const startLog = `${layout.logs}/start.log`;
  await removeIfThere(startLog);
  await serverLog.skip();
  using _ = whenSlow(() => progress("PostgreSQL is starting"));
  const { success, output } = await programs.run("pg_ctl", [
    ...["start", "-s", "-D", "data", "-l", "log/start.log", "-w", "-t", String(START_SECONDS)],
  ]);
  if (success) return undefined;
  let failure = `${output}\n${await readIfThere(startLog) ?? ""}\n`;
  // Another process of PostgreSQL writes the log and may be late.
  for (let n = 0; n < LATE_LOG.attempts && !/FATAL|PANIC/.test(failure); n++) {
    if (n > 0) await pause(LATE_LOG.everyMs);
    for (const { error_severity, message, hint } of await serverLog.next()) {
      failure += `${error_severity}: ${message}\n${hint ? `HINT: ${hint}\n` : ""}`;
    }
  }
  return failure;
}

/**
 * Replaces the process id in `postmaster.pid`. After a crash it may belong to another program, and PostgreSQL then refuses to start. The file
 * is not removed, because PostgreSQL uses its last line to check whether processes of the old server are still running.
 */
async function invalidatePid({ layout, programs }: ServerOptions): Promise<void> {
  const path = `${layout.cluster}/postmaster.pid`;
  const text = await readIfThere(path);
  if (text === undefined) return;
  await replaceFile(path, [NO_PROCESS, ...text.split("\n").slice(1)].join("\n"));
  await programs.giveOwnership(path);
}

/** Calls `report` after PROGRESS_MS, unless it is disposed before. */
function whenSlow(report: () => void): Disposable {
  const timer = setTimeout(report, PROGRESS_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
