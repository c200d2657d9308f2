/**
 * Folders with an embedded database that is migrated and empty. It is made once and then copied, because tests open hundreds and making one
 * takes several times as long. The original stays among the temporary files under a name that changes with everything it is
 * made from, so that other processes and later runs find it, and never an outdated one.
 */
import { cp } from "node:fs/promises";
import { openStore } from "../db/store.ts";
import "./pglite_timers.ts";

/** What the migrations of an empty database depend on. */
const MADE_FROM = ["../deno.lock", "../db/engine/migrate.ts", "../db/pglite.ts", "../db/store.ts"];

let original: Promise<string> | undefined;

/** A data folder of its own for one database; the caller removes it. */
export async function migratedFolder(prefix = "chargehand-test-"): Promise<string> {
  original ??= findOriginal();
  const folder = await Deno.makeTempDir({ prefix });
  await cp(`${await original}/pglite`, `${folder}/pglite`, { recursive: true });
  return folder;
}

async function findOriginal(): Promise<string> {
  const sample = await Deno.makeTempDir({ prefix: "chargehand-migrated-" });
  const folder = `${sample.slice(0, sample.lastIndexOf("/"))}/chargehand-migrated-${await fingerprint()}`;
  if (!await exists(folder)) {
    const store = await openStore({ dataDir: sample });
    await store.close();
    // Whole or not at all. Another process may have been faster, with the same content.
    await Deno.rename(sample, folder).catch(async (error) => {
      if (!await exists(folder)) throw error;
    });
  }
  if (await exists(sample)) await Deno.remove(sample, { recursive: true });
  return folder;
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

async function fingerprint(): Promise<string> {
  const migrations = new URL("../db/migrations/", import.meta.url);
  const names = (await Array.fromAsync(Deno.readDir(migrations), ({ name }) => name)).sort();
  const urls = [
    ...MADE_FROM.map((path) => new URL(path, import.meta.url)),
    ...names.map((name) => new URL(name, migrations)),
  ];
  const texts = await Promise.all(urls.map((url) => Deno.readTextFile(url)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(texts.join("\0")));
  return new Uint8Array(digest).toHex().slice(0, 16);
}
