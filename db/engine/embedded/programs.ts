/**
 * How PostgreSQL's programs run: as the current user or, because they refuse root, as another one. For root, a user namespace is the first
 * choice, because it also works below a folder that only root may enter. The second choice is the user `nobody`, who gets the folder.
 */
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import type { DataLayout } from "./data_folder.ts";
import { closedParent, IN_NAMESPACE, isRoot, namespacesWork, NOBODY } from "./root.ts";

/** The result of a program: whether it succeeded, and both its outputs together. */
export interface ProgramResult {
  readonly success: boolean;
  readonly output: string;
}

/** PostgreSQL's programs in one data folder. */
export interface Programs {
  /** Runs a program in the folder of PostgreSQL, with an empty environment. Throws StoreError when it cannot be started. */
  run(name: "initdb" | "pg_ctl", args: readonly string[]): Promise<ProgramResult>;
  /** Makes the user of the programs the owner of a file, or of a folder with its content. */
  giveOwnership(path: string): Promise<void>;
  /** Allows that user to enter a folder of root's that others may not enter. The owners of its content do not change. */
  allowEntry(folder: string): Promise<void>;
}

/** A process group of its own: Ctrl-C in a terminal is for this process, which ends the programs in order. */
const APART = { detached: true, stdin: "null", stdout: "piped", stderr: "piped" } as const;

/** How programs are run: the start of the command line, the user of the process, and the owner of its files. */
interface RunMode {
  readonly prefix: readonly string[];
  readonly ids?: { readonly uid: number; readonly gid: number };
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Chooses how this process can run the programs. Throws StoreError with what to do when it cannot. */
export function programs(layout: DataLayout): Programs {
  const { prefix, ids, owner } = runMode(layout.dataDir);
  const suffix = Deno.build.os === "windows" ? ".exe" : "";
  return {
    async run(name, args) {
      const [program = "", ...words] = [...prefix, join(layout.engine, "bin", `${name}${suffix}`), ...args];
      const options = { args: words, cwd: layout.postgresql, ...environment(), ...ids, ...APART } as const;
      try {
        const { success, stdout, stderr } = await new Deno.Command(program, options).spawn().output();
        return { success, output: [stdout, stderr].map((each) => new TextDecoder().decode(each)).join("").trim() };
      } catch (error) {
        throw cannotRun(program, error);
      }
    },
    async giveOwnership(path) {
      if (owner) await changeOwner(path, owner, layout.engine);
    },
    async allowEntry(folder) {
      const { mode, uid } = await Deno.stat(folder);
      const closed = ((mode ?? 0) & 0o001) === 0;
      const ours = uid === 0 || uid === NOBODY;
      if (owner && closed && ours) await Deno.chown(folder, owner.uid, owner.gid);
    },
  };
}

/** The reasons and hints in a program's output, as sentences. */
export function reasonIn(output: string): string {
  const reasons = [...output.matchAll(/(?:FATAL|PANIC|HINT|error): {1,2}(.+)/g)].map(([, reason]) => reason!);
  const lastLine = output.trim().split("\n").at(-1)!;
  return (reasons.length > 0 ? reasons : [lastLine]).map((reason) => reason.replace(/\.?$/, ".")).join(" ");
}

function runMode(dataDir: string): RunMode {
  if (!isRoot()) return { prefix: [] };
  const nobody = { uid: NOBODY, gid: NOBODY };
  if (namespacesWork()) return { prefix: IN_NAMESPACE, owner: { uid: 0, gid: 0 } };
  const closed = closedParent(dataDir);
  if (closed === undefined) return { prefix: [], ids: nobody, owner: nobody };
  throw new StoreError(
    "refused",
    `Cannot run PostgreSQL in the data folder ${dataDir}: it refuses root, this machine does not allow user namespaces, and other users may ` +
      `not enter ${closed}. Start Chargehand as another user, choose a DATA_DIR that other users may enter, such as ` +
      `/var/lib/chargehand, or set DATABASE_URL.`,
  );
}

/** PostgreSQL gets none of our environment: PG variables would change its settings, and for LD_PRELOAD Deno requires permission to run everything. */
function environment(): { clearEnv?: boolean; env?: Record<string, string> } {
  // On Windows, programs do not start without SystemRoot and other variables.
  return Deno.build.os === "windows" ? {} : { clearEnv: true, env: { LC_ALL: "C", TZ: "UTC" } };
}

function cannotRun(program: string, error: unknown): StoreError {
  if (error instanceof Deno.errors.NotCapable) {
    return new StoreError(
      "refused",
      `Cannot run ${program}: Deno has no permission for it. Start with deno task start, which sets the permissions.`,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new StoreError(
    "refused",
    `Cannot run PostgreSQL's programs on this system (${message}). They need Linux with glibc, macOS or Windows, and a folder that is not ` +
      `mounted noexec. Choose another DATA_DIR, or set DATABASE_URL to a PostgreSQL server.`,
    undefined,
    error,
  );
}

/**
 * Changes the owner of a folder after its content: a folder with the right owner needs no further look. The programs in `except` keep
 * their owner: every user may read them, and Deno refuses changes to programs that this process may run.
 */
async function changeOwner(path: string, owner: { uid: number; gid: number }, except: string): Promise<void> {
  if (path === except) return;
  const { uid, gid, isDirectory, isSymlink } = await Deno.lstat(path);
  if (isSymlink || (uid === owner.uid && gid === owner.gid)) return;
  if (isDirectory) {
    for await (const { name } of Deno.readDir(path)) await changeOwner(join(path, name), owner, except);
  }
  await Deno.chown(path, owner.uid, owner.gid);
}
