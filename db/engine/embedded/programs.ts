/**
 * How PostgreSQL's programs run: as we are or, because they refuse root, as another user. As root a user namespace comes first, which also
 * works below a folder that only root may enter; then the user `nobody`, to whom the folder is given.
 */
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import type { DataLayout } from "./data_folder.ts";
import { closedAbove, IN_NAMESPACE, isRoot, namespacesWork, NOBODY } from "./root.ts";

/** What a program said, both outputs together, and whether it succeeded. */
export interface Ran {
  readonly success: boolean;
  readonly said: string;
}

/** PostgreSQL's programs in one data folder. */
export interface Programs {
  /** Runs one in the folder of PostgreSQL, with an empty environment. Throws StoreError when it cannot even be started. */
  run(name: "initdb" | "pg_ctl", args: readonly string[]): Promise<Ran>;
  /** Gives a file or folder, with everything in it, to the user that the programs run as. */
  own(path: string): Promise<void>;
  /** Lets that user into a folder of root's, which others may not enter; what is in it does not change hands. */
  enter(folder: string): Promise<void>;
}

/** A process group of its own: Ctrl-C in a terminal is for this process, which ends the programs in order. */
const APART = { detached: true, stdin: "null", stdout: "piped", stderr: "piped" } as const;

/** The command's first words, and the owner of its files when that is a question. */
interface Way {
  readonly prefix: readonly string[];
  readonly ids?: { readonly uid: number; readonly gid: number };
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Finds the way for this process. Throws StoreError with what to do when there is none. */
export function programs(layout: DataLayout): Programs {
  const { prefix, ids, owner } = way(layout.dataDir);
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  return {
    async run(name, args) {
      const [program = "", ...words] = [...prefix, join(layout.engine, "bin", `${name}${suffix}`), ...args];
      const options = { args: words, cwd: layout.postgresql, ...environment(), ...ids, ...APART } as const;
      try {
        const { success, stdout, stderr } = await new Deno.Command(program, options).spawn().output();
        return { success, said: [stdout, stderr].map((each) => new TextDecoder().decode(each)).join("").trim() };
      } catch (error) {
        throw cannotRun(program, error);
      }
    },
    async own(path) {
      if (owner) await give(path, owner, layout.engine);
    },
    async enter(folder) {
      const { mode, uid } = await Deno.stat(folder);
      const closed = ((mode ?? 0) & 0o001) === 0;
      const ours = uid === 0 || uid === NOBODY;
      if (owner && closed && ours) await Deno.chown(folder, owner.uid, owner.gid);
    },
  };
}

/** Why a program failed, in its own words, as sentences; with its advice where it gives some. */
export function reasonIn(said: string): string {
  const reasons = [...said.matchAll(/(?:FATAL|PANIC|HINT|error): {1,2}(.+)/g)].map(([, reason]) => reason!);
  const lastLine = said.trim().split("\n").at(-1)!;
  return (reasons.length > 0 ? reasons : [lastLine]).map((reason) => reason.replace(/\.?$/, ".")).join(" ");
}

function way(dataDir: string): Way {
  if (!isRoot()) return { prefix: [] };
  const nobody = { uid: NOBODY, gid: NOBODY };
  if (namespacesWork()) return { prefix: IN_NAMESPACE, owner: { uid: 0, gid: 0 } };
  const closed = closedAbove(dataDir);
  if (closed === undefined) return { prefix: [], ids: nobody, owner: nobody };
  throw new StoreError(
    "refused",
    `PostgreSQL cannot run in the data folder ${dataDir}: it refuses root, this machine does not allow user namespaces, and other users may ` +
      `not enter ${closed}. Start Chargehand as another user, choose a DATA_DIR that other users may enter, such as ` +
      `/var/lib/chargehand, or set DATABASE_URL.`,
  );
}

/** Nothing of our environment reaches PostgreSQL: PG variables would change its settings, LD_PRELOAD would need leave to run everything. */
function environment(): { clearEnv?: boolean; env?: Record<string, string> } {
  // Windows programs do not start without SystemRoot and more.
  return Deno.build.os === "windows" ? {} : { clearEnv: true, env: { LC_ALL: "C", TZ: "UTC" } };
}

function cannotRun(program: string, error: unknown): StoreError {
  if (error instanceof Deno.errors.NotCapable) {
    return new StoreError(
      "refused",
      `Deno may not run ${program}; start with deno task start, which prints the permissions`,
    );
  }
  const said = error instanceof Error ? error.message : String(error);
  return new StoreError(
    "refused",
    `PostgreSQL's programs do not run on this system (${said}); they need Linux with glibc, macOS or Windows, and a folder that is not ` +
      `mounted noexec. Choose another DATA_DIR, or set DATABASE_URL to a PostgreSQL server.`,
    undefined,
    error,
  );
}

/**
 * A folder whose owner is right has been given as a whole: it changes hands last, after what is in it. The programs in `except` need no
 * owner, every user may read them, and Deno refuses changes of what this process may run.
 */
async function give(path: string, owner: { uid: number; gid: number }, except: string): Promise<void> {
  if (path === except) return;
  const { uid, gid, isDirectory, isSymlink } = await Deno.lstat(path);
  if (isSymlink || (uid === owner.uid && gid === owner.gid)) return;
  if (isDirectory) {
    for await (const { name } of Deno.readDir(path)) await give(join(path, name), owner, except);
  }
  await Deno.chown(path, owner.uid, owner.gid);
}
