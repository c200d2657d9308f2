/**
 * A PostgreSQL server that a test may kill, stop and freeze. Its programs are those of the server of this run, or those of the folder that
 * CHARGEHAND_TEST_POSTGRES_BIN names (Debian: /usr/lib/postgresql/15/bin).
 */
import { IN_NAMESPACE, isRoot, namespacesWork, NOBODY } from "../../db/engine/embedded/root.ts";
import { PROGRAMS_VARIABLE } from "../database.ts";

export interface Server extends AsyncDisposable {
  readonly url: string;
  start(): Promise<void>;
  /** `immediate` is like a crash: no checkpoint, and a recovery at the next start. */
  stop(how: "fast" | "immediate"): Promise<void>;
  /** Freezes processes of the server, or continues those that still exist. */
  signal(pids: readonly number[], signal: "SIGSTOP" | "SIGCONT"): void;
}

/** Creates and starts a separate server in a temporary folder. */
export async function startServer(): Promise<Server> {
  const folder = await Deno.makeTempDir({ prefix: "chargehand-postgres-" });
  const { prefix, owner } = notRoot();
  if (owner) await Deno.chown(folder, owner.uid, owner.gid);
  const run = async (program: string, ...args: string[]) => {
    const [first = "", ...words] = [...prefix, `${Deno.env.get(PROGRAMS_VARIABLE)}/${program}`, ...args];
    const { success } = await new Deno.Command(first, {
      args: words,
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      ...owner,
    }).output();
    if (!success) throw new Error(`${program} ${args.join(" ")} failed in ${folder}`);
  };
  const data = `${folder}/data`;
  const port = freePort();
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c max_connections=60`;
  await run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync");
  const start = () => run("pg_ctl", "-D", data, "-l", `${folder}/log`, "-o", settings, "-w", "start");
  const stop = (how: string) => run("pg_ctl", "-D", data, "-m", how, "-w", "stop");
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    stop,
    signal(pids, signal) {
      for (const pid of pids) {
        try {
          Deno.kill(pid, signal);
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error; // it has ended
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await stop("immediate").catch(() => {});
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** PostgreSQL refuses to run as root: the prefix of the command line, or the user, that avoids it. */
function notRoot(): { prefix: readonly string[]; owner?: { uid: number; gid: number } } {
  if (!isRoot()) return { prefix: [] };
  return namespacesWork() ? { prefix: IN_NAMESPACE } : { prefix: [], owner: { uid: NOBODY, gid: NOBODY } };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
