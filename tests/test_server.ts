/**
 * The PostgreSQL server of a test run, with the template database that tests copy. DATABASE_URL names a running server. Without it, the
 * embedded server is started in a temporary folder, with fsync off, because its data is not needed after the run.
 */
import { startEmbedded } from "../db/engine/embedded.ts";
import { delay } from "@std/async";
import { layoutOf } from "../db/engine/embedded/data_folder.ts";
import { openStore } from "../db/store.ts";
import { administer, PROGRAMS_VARIABLE, TEMPLATE_VARIABLE, withDatabase } from "./database.ts";

/** A server with a template. Disposing drops the template and stops the server if it was started for this run. */
export interface TestServer extends AsyncDisposable {
  /** The environment variables for the tests and their processes. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The prefix of the temporary folders. `removeLeftovers` finds the folders of killed runs by it. */
const FOLDER_PREFIX = "chargehand-tests-";

/** The age from which a folder may be removed: a younger one may belong to a run that has not locked it yet. */
const LEFTOVER_AFTER_MS = 600_000;

/** Settings of PostgreSQL: durability off, and enough connections for many stores at once. */
const TUNING = {
  fsync: "off",
  full_page_writes: "off",
  max_connections: "300",
  shared_buffers: "256MB",
  autovacuum_naptime: "10min",
};

/** Starts the server, or uses that of DATABASE_URL, and creates the template in it. What was started is stopped when this fails. */
export async function startTestServer(): Promise<TestServer> {
  await using stack = new AsyncDisposableStack();
  const given = Deno.env.get("DATABASE_URL");
  const { url, environment } = given ? { url: given, environment: {} } : await startOwnServer(stack);
  const name = `chargehand_template_${crypto.randomUUID().slice(0, 8)}`;
  await administer(url, `create database ${name} template template0`);
  stack.defer(() => administer(url, `drop database ${name} with (force)`));
  const template = withDatabase(url, name);
  await (await openStore({ databaseUrl: template, log: console.error })).close();
  const started = stack.move();
  return {
    environment: { ...environment, [TEMPLATE_VARIABLE]: template },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

async function startOwnServer(stack: AsyncDisposableStack) {
  await removeLeftovers();
  const dataDir = await Deno.makeTempDir({ prefix: FOLDER_PREFIX });
  stack.defer(() => removeFolder(dataDir));
  const server = await startEmbedded({ dataDir, log: console.error, progress: console.error, tuning: TUNING });
  stack.defer(() => server.stop());
  return { url: server.url, environment: { [PROGRAMS_VARIABLE]: `${layoutOf(server.dataDir).engine}/bin` } };
}

/** Stops the servers of killed runs, which still run, and deletes their folders. The folder of an active run is locked and stays. */
async function removeLeftovers(): Promise<void> {
  const temporary = await Deno.makeTempDir();
  await Deno.remove(temporary);
  const parent = temporary.slice(0, temporary.lastIndexOf("/"));
  for await (const { name } of Deno.readDir(parent)) {
    if (!name.startsWith(FOLDER_PREFIX)) continue;
    const dataDir = `${parent}/${name}`;
    const { mtime } = await Deno.stat(dataDir).catch(() => ({ mtime: null })); // another run may have deleted it
    if (mtime === null || Date.now() - mtime.getTime() < LEFTOVER_AFTER_MS) continue;
    const left = await startEmbedded({ dataDir, log: () => {}, progress: () => {} }).catch(() => undefined);
    if (left === undefined) continue;
    await left.stop();
    await removeFolder(dataDir);
  }
}

/** Deletes a folder; tries again for 2 s, because the process that writes PostgreSQL's log ends a moment after the server. */
async function removeFolder(path: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (attempt === 20) throw error;
      await delay(100);
    }
  }
}
