/**
 * Starts, takes over and stops the PostgreSQL server of one data folder. A server that a killed process left running is taken over: it has lost
 * nothing, and its recovery would only cost time.
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

/** A server that can be started again and again on the same data. */
export interface ServerFacts {
  readonly layout: DataLayout;
  readonly programs: Programs;
  readonly password: string;
  readonly tuning: Readonly<Record<string, string>>;
  readonly serverLog: ServerLog;
  readonly progress: (line: string) => void;
}

/** A server that answers. */
export interface Reached {
  readonly connection: Connection;
  readonly port: number;
  /** It was running already. */
  readonly adopted: boolean;
}

/** After so long the operator is told what the start waits for. */
const PROGRESS_MS = 1000;

/** A recovery after a crash may take minutes; it is not to be broken off. */
const START_SECONDS = 600;

/** How long a shutdown may take before the server is ended without a last checkpoint, which loses nothing. */
const FAST_STOP_SECONDS = 4;
const IMMEDIATE_STOP_SECONDS = 2;

/** How often processes of a dead server are waited for, and how long each time. */
const LEFTOVER = { attempts: 8, everyMs: 250 } as const;

/** How often the reason of a failed start is looked for, and how long each time. */
const LATE_LOG = { attempts: 20, everyMs: 50 } as const;

/** How often a connection may be broken off before the start gives up, and the wait before the next attempt. */
const CLOSED = { attempts: 100, everyMs: 100 } as const;

/** A process number that no system gives away. */
const NO_PROCESS = "99999999";

/** Takes over the running server or starts one. `mayMove`: another port may be chosen when the remembered one is taken. */
export async function reachServer(facts: ServerFacts, port: number, mayMove: boolean): Promise<Reached> {
  const running = await runningPort(facts.layout);
  const connection = running === undefined ? undefined : await whenReady(facts, running);
  if (connection) return { connection, port: running!, adopted: true };
  const started = await start(facts, mayMove && !isFree(port) ? await newPort(facts.layout) : port, mayMove);
  try {
    const own = await whenReady(facts, started);
    if (own) return { connection: own, port: started, adopted: false };
  } catch (error) {
    await endServer(facts.programs);
    throw error;
  }
  throw new StoreError(
    "refused",
    `PostgreSQL started in ${facts.layout.cluster} and does not answer; its log is in ${facts.layout.logs}.`,
  );
}

/** Ends the server of this folder in order. Without a running server it does nothing. */
export async function stopServer(facts: Pick<ServerFacts, "layout" | "programs" | "password">): Promise<void> {
  const port = await runningPort(facts.layout);
  if (port === undefined) return;
  // The process number in postmaster.pid may belong to another program by now, which must not get the signal.
  const found = await connect(addressOf(facts, port));
  if (found === "down") return;
  if (typeof found === "object") await found.close();
  await endServer(facts.programs);
}

async function endServer(programs: Programs): Promise<void> {
  const stop = (mode: string, seconds: number) =>
    programs.run("pg_ctl", ["stop", "-s", "-D", "data", "-m", mode, "-w", "-t", String(seconds)]);
  const { success } = await stop("fast", FAST_STOP_SECONDS);
  if (!success) await stop("immediate", IMMEDIATE_STOP_SECONDS);
}

function addressOf({ layout, password }: Pick<ServerFacts, "layout" | "password">, port: number): Address {
  return { port, password, cluster: layout.cluster };
}

/** The port in `postmaster.pid`: of a server that runs or that ended without removing the file. */
async function runningPort({ cluster }: DataLayout): Promise<number | undefined> {
  const port = Number((await readIfThere(`${cluster}/postmaster.pid`))?.split("\n")[3]);
  return port > 0 ? port : undefined;
}

/** Waits through a recovery or a shutdown. Undefined when no server of this folder is there. */
async function whenReady(facts: ServerFacts, port: number): Promise<Connection | undefined> {
  using _ = afterAWhile(() => facts.progress("Waits for PostgreSQL, which recovers its data or is just ending"));
  for (let closed = 0; closed < CLOSED.attempts; await pause(CLOSED.everyMs)) {
    const found = await connect(addressOf(facts, port));
    if (typeof found === "object") return found;
    if (found === "down") return undefined;
    if (found === "starting") continue;
    // Another program may have taken the port of a server that ended without an order.
    if (!await hasProcess(facts.programs)) return undefined;
    if (found === "silent") break;
    closed++;
  }
  throw new StoreError(
    "refused",
    `The PostgreSQL server of ${facts.layout.cluster} does not answer on 127.0.0.1:${port}. Its process, whose number is the first line of ` +
      `postmaster.pid in that folder, may be stopped, or another program uses the port. End that process or that program, and start again.`,
  );
}

/** Is there a process with the number in `postmaster.pid`? It may be another program's by now. */
async function hasProcess(programs: Programs): Promise<boolean> {
  return (await programs.run("pg_ctl", ["status", "-s", "-D", "data"])).success;
}

/** Starts a server and returns its port. */
async function start(facts: ServerFacts, port: number, mayMove: boolean): Promise<number> {
  const { layout } = facts;
  let said = await tryStart(facts, port);
  if (said !== undefined && /lock file "postmaster.pid" already exists/.test(said)) {
    await disownPidFile(facts);
    said = await tryStart(facts, port);
  }
  for (let n = 0; n < LEFTOVER.attempts && said !== undefined && /shared memory block/.test(said); n++) {
    await pause(LEFTOVER.everyMs);
    said = await tryStart(facts, port);
  }
  if (said === undefined) return port;
  if (/could not (bind|create any TCP)/.test(said) && mayMove) return await start(facts, await newPort(layout), true);
  throw new StoreError(
    "refused",
    `PostgreSQL did not start in ${layout.cluster}: ${reasonIn(said)} Its log is in ${layout.logs}.`,
  );
}

/** Undefined when it runs, else what it said. */
async function tryStart(facts: ServerFacts, port: number): Promise<string | undefined> {
  const { layout, programs, tuning, serverLog, progress } = facts;
  const text = configuration({ port, logs: layout.logs, memoryBytes: machineMemoryBytes(), tuning });
  await replaceFile(`${layout.cluster}/postgresql.conf`, text);
  await programs.own(`${layout.cluster}/postgresql.conf`);
  // What is said before the log is opened.
  const firstWords = `${layout.logs}/start.log`;
  await removeIfThere(firstWords);
  await serverLog.skip();
  using _ = afterAWhile(() => progress("PostgreSQL starts"));
  const { success, said } = await programs.run("pg_ctl", [
    ...["start", "-s", "-D", "data", "-l", "log/start.log", "-w", "-t", String(START_SECONDS)],
  ]);
  if (success) return undefined;
  let words = `${said}\n${await readIfThere(firstWords) ?? ""}\n`;
  // Its log is written by a process of its own, which may be a moment behind.
  for (let n = 0; n < LATE_LOG.attempts && !/FATAL|PANIC/.test(words); n++) {
    if (n > 0) await pause(LATE_LOG.everyMs);
    for (const { error_severity, message, hint } of await serverLog.next()) {
      words += `${error_severity}: ${message}\n${hint ? `HINT: ${hint}\n` : ""}`;
    }
  }
  return words;
}

/**
 * After a crash the process number in `postmaster.pid` may belong to another program, and PostgreSQL then refuses to start. The number is
 * replaced, not the file removed: its last line lets PostgreSQL see for itself whether processes of the old server are left.
 */
async function disownPidFile({ layout, programs }: ServerFacts): Promise<void> {
  const path = `${layout.cluster}/postmaster.pid`;
  const text = await readIfThere(path);
  if (text === undefined) return;
  await replaceFile(path, [NO_PROCESS, ...text.split("\n").slice(1)].join("\n"));
  await programs.own(path);
}

function afterAWhile(tell: () => void): Disposable {
  const timer = setTimeout(tell, PROGRESS_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
