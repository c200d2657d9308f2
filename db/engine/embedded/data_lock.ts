/**
 * One Chargehand per data folder: a lock on a file beside the data decides who has it. The operating system drops the lock when the process
 * dies, however it dies.
 */
import { StoreError } from "../errors.ts";
import type { DataLayout } from "./data_folder.ts";

/** Makes the folder when it is missing and locks it until the file is closed. Throws StoreError "locked", or "refused" with the cause. */
export async function lockDataFolder({ dataDir, lockFile }: DataLayout): Promise<Deno.FsFile> {
  const file = await openLockFile(dataDir, lockFile);
  if (await file.tryLock(true)) return file;
  file.close();
  throw new StoreError(
    "locked",
    `The data folder ${dataDir} is in use by another Chargehand process. Stop that process, choose another DATA_DIR, or set ` +
      `DATABASE_URL: only a PostgreSQL server of its own can be shared by several processes.`,
  );
}

async function openLockFile(dataDir: string, lockFile: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dataDir, { recursive: true });
    return await Deno.open(lockFile, { create: true, read: true, write: true });
  } catch (error) {
    throw unusableFolder(dataDir, error);
  }
}

/** What the operating system says about a folder, as a sentence for the operator. Other errors are returned as they are. */
export function unusableFolder(dataDir: string, error: unknown): unknown {
  const said = error instanceof Error ? error.message : String(error);
  const ofSystem = /\(os error \d+\)/.test(said) || Object.values(Deno.errors).some((kind) => error instanceof kind);
  if (!ofSystem) return error;
  return new StoreError("refused", `Cannot use the data folder ${dataDir} (DATA_DIR): ${said}`, undefined, error);
}
