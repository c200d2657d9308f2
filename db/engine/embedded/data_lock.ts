/**
 * The lock that allows one Chargehand process per data folder: a lock on a file in the folder. The operating system releases it when the
 * process dies, for whatever reason.
 */
import { StoreError } from "../errors.ts";
import type { DataLayout } from "./data_folder.ts";

/** Creates the folder if it is missing, and locks it until the file is closed. Throws StoreError "locked", or "refused" with the cause. */
export async function lockDataFolder({ dataDir, lockFile }: DataLayout): Promise<Deno.FsFile> {
  const file = await openLockFile(dataDir, lockFile);
  if (await file.tryLock(true)) return file;
  file.close();
  throw new StoreError(
    "locked",
    `The data folder ${dataDir} is in use by another Chargehand process. Stop that process, choose another DATA_DIR, or set ` +
      `DATABASE_URL: several processes can only share an external PostgreSQL server.`,
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

/** Makes a StoreError for the operator from an error of the operating system about a folder. Returns other errors unchanged. */
export function unusableFolder(dataDir: string, error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const ofSystem = /\(os error \d+\)/.test(message) || Object.values(Deno.errors).some((kind) => error instanceof kind);
  if (!ofSystem) return error;
  return new StoreError("refused", `Cannot use the data folder ${dataDir} (DATA_DIR): ${message}`, undefined, error);
}
