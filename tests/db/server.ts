/**
 * A PostgreSQL server that a test may kill, stop and freeze. It exists only where CHARGEHAND_TEST_POSTGRES_BIN names the folder of the
 * server's programs (Debian: /usr/lib/postgresql/15/bin); tests that need it are ignored elsewhere.
 */

/** The folder of `initdb` and `postgres`, undefined: no such tests. */
export const serverPrograms = Deno.env.get("CHARGEHAND_TEST_POSTGRES_BIN") || undefined;

export interface Server extends AsyncDisposable {
  readonly url: string;
  start(): Promise<void>;
  /** `immediate` is a crash: no farewell, recovery at the next start. */
  stop(how: "fast" | "immediate"): Promise<void>;
  /** Freezes processes of the server, or lets those that still exist go on. */
  signal(pids: readonly number[], signal: "SIGSTOP" | "SIGCONT"): void;
}

/** Makes and starts a server of its own in a temporary folder. */
export async function startServer(): Promise<Server> {
  const folder = await Deno.makeTempDir({ prefix: "chargehand-postgres-" });
  const owner = await unprivileged();
  if (owner) await Deno.chown(folder, owner.uid, owner.gid);
  const run = async (program: string, ...args: string[]) => {
    const { success } = await new Deno.Command(`${serverPrograms}/${program}`, {
      args,
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

/** PostgreSQL refuses to run as root: the user that Debian made for it, when we are root. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const id = async (flag: string) => {
    const { stdout } = await new Deno.Command("id", { args: [flag, "postgres"] }).output();
    return Number(new TextDecoder().decode(stdout));
  };
  return { uid: await id("-u"), gid: await id("-g") };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
