/** Small file systems of their own for tests that fill a disk or cut its power. Only root may mount; other users skip these tests aloud. */
import { assertMatch } from "@std/assert";
import { endServer, type EngineFolder } from "./folder.ts";

/** A folder on a file system of its own. */
export interface Mounted extends EngineFolder {
  /** The folder that the file system is mounted at. */
  readonly at: string;
}

/** Whether this process can mount what these tests need. Prints why not. */
export async function mountsWork(kind: "tmpfs" | "loop"): Promise<boolean> {
  try {
    await using _ = await (kind === "tmpfs" ? mountTmpfs(16) : mountImage(16));
    return true;
  } catch (error) {
    console.warn(`No tests on ${kind} file systems: ${(error as Error).message.trim()}`);
    return false;
  }
}

/** An empty disk in memory. */
export function mountTmpfs(sizeMib: number): Promise<Mounted> {
  return mount(["-t", "tmpfs", "-o", `size=${sizeMib}m,mode=755`, "none"]);
}

/** A disk in a file, with ext4 on it. The file is removed with it. */
export async function mountImage(sizeMib: number): Promise<Mounted & { readonly image: string }> {
  const image = await Deno.makeTempFile({ prefix: "chargehand-disk-" });
  await Deno.truncate(image, sizeMib * 2 ** 20);
  // Nothing is left for the kernel to initialise later.
  await run("mkfs.ext4", ["-q", "-F", "-e", "remount-ro", "-E", "lazy_itable_init=0,lazy_journal_init=0", image]);
  return { ...await mountFile(image), image };
}

/** Mounts a file with a file system, which is removed with the mount. Without a sync nothing gets to the file by time alone. */
export async function mountFile(image: string): Promise<Mounted> {
  const mounted = await mount(["-o", "loop,commit=900", image]).catch(async (error) => {
    await Deno.remove(image);
    throw error;
  });
  return {
    ...mounted,
    async [Symbol.asyncDispose]() {
      await mounted[Symbol.asyncDispose]();
      await Deno.remove(image);
    },
  };
}

async function mount(args: readonly string[]): Promise<Mounted> {
  const at = await Deno.makeTempDir({ prefix: "chargehand-mount-" });
  try {
    await run("mount", [...args, at]);
  } catch (error) {
    await Deno.remove(at);
    throw error;
  }
  const dataDir = `${at}/data`;
  return {
    at,
    dataDir,
    async [Symbol.asyncDispose]() {
      await endServer(dataDir);
      await run("umount", ["-l", at]);
      await Deno.remove(at);
    },
  };
}

/** Whether this process can make the kernel find an error on a disk. Prints why not. */
export async function diskErrorsWork(): Promise<boolean> {
  try {
    await using disk = await mountImage(16);
    await findError(disk);
    return true;
  } catch (error) {
    console.warn(`No tests on a disk that becomes read-only: ${(error as Error).message.trim()}`);
    return false;
  }
}

/** Makes the kernel find an error on a disk with ext4, which it answers by making the disk read-only, while files are open. */
export async function findError({ at }: Mounted): Promise<void> {
  // By a shell: Deno itself reads /proc and writes /sys only with every permission.
  const file = `/sys/fs/ext4/$(basename $(findmnt -no SOURCE ${at}))/trigger_fs_error`;
  await run("sh", ["-c", `echo test > ${file}`]);
}

/** Mounts a disk with an error once more, as after its repair. No program may have files open on it. */
export async function mountAgain({ at, image }: Mounted & { readonly image: string }): Promise<void> {
  await run("umount", [at]);
  await run("mount", ["-o", "loop", image, at]);
}

/** Writes a file that takes the free space of the disk, and returns its path. Removing the file makes the space free again. */
export async function fill({ at }: Mounted): Promise<string> {
  const ballast = `${at}/ballast`;
  using file = await Deno.open(ballast, { write: true, create: true, append: true });
  for (let size = 2 ** 20; size >= 4096;) {
    try {
      await file.write(new Uint8Array(size));
    } catch (error) {
      assertMatch((error as Error).message, /No space left/);
      size /= 2;
    }
  }
  return ballast;
}

/** Runs a program of the system; throws with its output. */
export async function run(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args], stdin: "null" }).output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}
