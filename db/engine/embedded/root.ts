/**
 * Checks of the machine for a start as root: PostgreSQL refuses to run as root, and there are two ways to run it as another user. The tool
 * that prints the permissions of a start uses the same checks as the start itself, so that both decide the same.
 */
import { dirname } from "node:path";

/** The user and group that run PostgreSQL for root: `nobody`, the same number on every Linux. */
export const NOBODY = 65534;

/** The command that runs a program in a user namespace where root's files belong to NOBODY. It works below a folder that only root may enter. */
export const IN_NAMESPACE = ["unshare", "-U", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] as const;

/** Whether this process runs as root on Linux. Elsewhere, and without `--allow-sys=uid`, the answer is no; PostgreSQL itself then refuses root. */
export function isRoot(): boolean {
  try {
    return Deno.build.os === "linux" && Deno.uid() === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/** Whether programs can run in a user namespace. They cannot in many containers, without `unshare`, or when Deno may not run it. */
export function namespacesWork(): boolean {
  const [unshare, ...args] = IN_NAMESPACE;
  try {
    // With an empty environment, because Deno refuses to pass LD_PRELOAD on unless it may run every program.
    const ended = new Deno.Command(unshare, {
      args: [...args, "true"],
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return ended.success;
  } catch {
    return false;
  }
}

/** The nearest parent of `folder` that other users may not enter; undefined when there is none. */
export function closedParent(folder: string): string | undefined {
  for (let above = dirname(folder);; above = dirname(above)) {
    const mode = modeOf(above, folder);
    if (mode !== undefined && (mode & 0o001) === 0) return above;
    if (above === dirname(above)) return undefined;
  }
}

/**
 * The mode of a parent folder; undefined when it does not exist. A parent that Deno may not read counts as open when `folder` may be
 * written: the tool that gave this permission has checked the parent.
 */
function modeOf(above: string, folder: string): number | undefined {
  try {
    return Deno.statSync(above).mode ?? undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return Deno.permissions.querySync({ name: "write", path: folder }).state === "granted" ? undefined : 0;
  }
}
