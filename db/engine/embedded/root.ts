/**
 * What root has to know about its machine: PostgreSQL refuses to run as root, and there are two ways to become another user. The
 * tool that prints the permissions of a start asks the same questions as the start itself, so that both find the same answers.
 */
import { dirname } from "node:path";

/** The user that runs PostgreSQL when we are root: `nobody`, with its group, on every Linux. */
export const NOBODY = 65534;

/** Puts a program into a user namespace where root's files belong to NOBODY, so that it runs below a folder that only root may enter. */
export const IN_NAMESPACE = ["unshare", "-U", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] as const;

/** Are we root on Linux? Elsewhere, and without `--allow-sys=uid`, the answer is no, and PostgreSQL then says itself that it refuses root. */
export function isRoot(): boolean {
  try {
    return Deno.build.os === "linux" && Deno.uid() === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/** May programs run in a user namespace here? No in many containers, where `unshare` is missing, or where Deno may not run it. */
export function namespacesWork(): boolean {
  const [unshare, ...args] = IN_NAMESPACE;
  try {
    // Without the environment: Deno refuses to hand on LD_PRELOAD unless every program may run.
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

/** The nearest folder above `folder` that other users may not enter, undefined when there is none. */
export function closedAbove(folder: string): string | undefined {
  for (let above = dirname(folder);; above = dirname(above)) {
    const mode = modeOf(above, folder);
    if (mode !== undefined && (mode & 0o001) === 0) return above;
    if (above === dirname(above)) return undefined;
  }
}

/** Undefined for a folder that does not exist yet. What Deno may not look at was judged when `folder` was permitted, or not. */
function modeOf(above: string, folder: string): number | undefined {
  try {
    return Deno.statSync(above).mode ?? undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    return Deno.permissions.querySync({ name: "write", path: folder }).state === "granted" ? undefined : 0;
  }
}
