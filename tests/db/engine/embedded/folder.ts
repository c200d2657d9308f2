/**
 * Data folders of embedded servers for tests, and processes that start such a server with the permissions that `deno task start` gives. Whatever
 * a test leaves running in a folder is ended with it.
 */
import { dirname } from "node:path";
import { knownPassword, rememberedPort } from "../../../../db/engine/embedded/cluster.ts";
import { urlOf } from "../../../../db/engine/embedded/connection.ts";
import { layoutOf } from "../../../../db/engine/embedded/data_folder.ts";
import { accessList } from "../../../../deploy/paths.ts";
import { within } from "../../../conformance/within.ts";

/** A folder that is removed at the end, with the server in it. */
export interface EngineFolder extends AsyncDisposable {
  readonly dataDir: string;
}

/** An empty folder that other users may enter. */
export async function emptyFolder(): Promise<EngineFolder> {
  const parent = await Deno.makeTempDir({ prefix: "chargehand-engine-" });
  await Deno.chmod(parent, 0o755);
  const dataDir = `${parent}/data`;
  return {
    dataDir,
    async [Symbol.asyncDispose]() {
      await endServer(dataDir);
      await Deno.remove(parent, { recursive: true });
    },
  };
}

let template: Promise<string> | undefined;

/** A folder with a database in it and no server running: a copy, because making one takes a second. */
export async function filledFolder(): Promise<EngineFolder> {
  const folder = await emptyFolder();
  await putDatabase(folder);
  return folder;
}

/** Copies such a database to where a folder is still missing, for instance on a disk of its own. */
export async function putDatabase({ dataDir }: EngineFolder): Promise<void> {
  template ??= makeTemplate();
  await new Deno.Command("cp", { args: ["-a", await template, dataDir] }).output();
}

async function makeTemplate(): Promise<string> {
  const folder = await emptyFolder();
  globalThis.addEventListener("unload", () => Deno.removeSync(dirname(folder.dataDir), { recursive: true }));
  await using child = startChild(folder.dataDir);
  await child.event("up");
  await child.end();
  // Each copy takes a port of its own.
  await Deno.remove(layoutOf(folder.dataDir).portFile);
  return folder.dataDir;
}

/** Is there a file or folder? */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The address of the database in a folder whose server has been started before. */
export async function databaseUrl(dataDir: string): Promise<string> {
  const layout = layoutOf(dataDir);
  return urlOf({ port: (await rememberedPort(layout))!, password: await knownPassword(layout) });
}

/** The process number in `postmaster.pid`, undefined when there is no such file. */
export async function postmasterOf(dataDir: string): Promise<number | undefined> {
  const text = await Deno.readTextFile(`${layoutOf(dataDir).cluster}/postmaster.pid`).catch(() => "");
  return Number(text.split("\n")[0]) || undefined;
}

/** kill -9 of the postmaster, when there is one, and the wait until it and its children are gone. */
export async function endServer(dataDir: string): Promise<void> {
  const pid = await postmasterOf(dataDir);
  if (pid === undefined || !await isPostgres(pid)) return;
  const children = await childrenOf(pid);
  for (const each of [pid, ...children]) signal(each, "SIGKILL");
  for (const each of [pid, ...children]) await gone(each);
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Waits until a process has ended. */
export async function gone(pid: number): Promise<void> {
  const ended = async () => {
    while (await commandOf(pid) !== "") await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await within(ended(), `process ${pid} to end`);
}

/** The processes that a process has started. */
export async function childrenOf(pid: number): Promise<number[]> {
  return (await ps(["--ppid", String(pid), "-o", "pid="])).split("\n").map(Number).filter(Boolean);
}

async function isPostgres(pid: number): Promise<boolean> {
  return (await commandOf(pid)).startsWith("postgres");
}

async function commandOf(pid: number): Promise<string> {
  const [state = "", command = ""] = (await ps(["-p", String(pid), "-o", "stat=,comm="])).trim().split(/\s+/);
  return state.startsWith("Z") ? "" : command;
}

async function ps(args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args, stdin: "null", stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** How a process is started. */
export interface ChildOptions {
  /** Words before `deno`: another user, for instance. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly tuning?: Readonly<Record<string, string>>;
  /** Deno's permissions; default: those of `deno task start`. */
  readonly permissions?: readonly string[];
  readonly cwd?: string;
}

/** An event that a process printed. `event` is its kind. */
export interface ChildEvent {
  readonly event: "up" | "log" | "progress" | "failed" | "stopped" | "ended";
  readonly [member: string]: unknown;
}

/** A process that has an embedded server. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Everything so far. */
  readonly events: readonly ChildEvent[];
  /** Waits until it is up or has failed. */
  outcome(): Promise<ChildEvent>;
  /** The first event of this kind whose line or message matches, be it past or still to come; throws when the process ends before. */
  event(event: ChildEvent["event"], pattern?: RegExp): Promise<ChildEvent>;
  signal(name: Deno.Signal): void;
  /** kill -9, and the wait. */
  kill(): Promise<void>;
  /** The orderly end, and the wait. */
  end(): Promise<void>;
}

const START_MS = 60_000;

/** Starts an embedded server in a process of its own. */
export function startChild(dataDir: string, options: ChildOptions = {}): Child {
  const { prefix = [], env = {}, tuning = {}, permissions = leastPermissions(dataDir), cwd } = options;
  const script = new URL("./child.ts", import.meta.url).pathname;
  const config = new URL("../../../../deno.json", import.meta.url).pathname;
  const words = [
    ...prefix,
    Deno.execPath(),
    "run",
    "--quiet",
    "--frozen",
    "--no-prompt",
    "--config",
    config,
    ...permissions,
    script,
  ];
  const argument = JSON.stringify({ dataDir, tuning });
  const child = new Deno.Command(words[0]!, {
    args: [...words.slice(1), argument],
    env: { NO_COLOR: "1", ...env },
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return follow(child);
}

/** The permissions of the start task. */
export function leastPermissions(dataDir: string): string[] {
  const list = (access: "read" | "write" | "run") => `--allow-${access}=${accessList(access, { DATA_DIR: dataDir })}`;
  return [
    list("read"),
    list("write"),
    list("run"),
    "--allow-net",
    "--allow-env=PG*,USER,USERNAME,LOGNAME",
    "--allow-sys=uid",
  ];
}

function follow(child: Deno.ChildProcess): Child {
  const events: ChildEvent[] = [];
  let notify = () => {};
  const add = (each: ChildEvent) => {
    events.push(each);
    notify();
  };
  const reading = (async () => {
    let open = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (open + chunk).split("\n");
      open = lines.pop()!;
      for (const line of lines) add(JSON.parse(line));
    }
    await child.status;
    add({ event: "ended" });
  })();
  const next = async (kinds: readonly ChildEvent["event"][], pattern: RegExp) => {
    for (;;) {
      for (const each of events) {
        if (kinds.includes(each.event) && pattern.test(String(each.line ?? each.message ?? ""))) return each;
        if (each.event === "ended") {
          throw new Error(`ended before ${kinds} ${pattern}: ${JSON.stringify(events, null, 1)}`);
        }
      }
      await new Promise<void>((resolve) => notify = resolve);
    }
  };
  const wait = (kinds: readonly ChildEvent["event"][], pattern: RegExp) =>
    within(next(kinds, pattern), `${kinds} ${pattern}`, () => JSON.stringify(events, null, 1), START_MS);
  const finish = async (name: Deno.Signal) => {
    signal(child.pid, name);
    await within(reading, `the process to end after ${name}`, () => JSON.stringify(events), START_MS);
  };
  return {
    pid: child.pid,
    events,
    outcome: () => wait(["up", "failed"], /(?:)/),
    event: (event, pattern = /(?:)/) => wait([event], pattern),
    signal: (name) => signal(child.pid, name),
    kill: () => finish("SIGKILL"),
    end: () => finish("SIGTERM"),
    [Symbol.asyncDispose]: () => finish("SIGKILL"),
  };
}
