/**
 * The embedded PostgreSQL server: one command starts the product, and this starts its database. `startEmbedded` prepares the data folder,
 * starts or takes over the server and watches it; `stop` ends both in order.
 */
import { StoreError } from "./errors.ts";
import { clusterVersion, knownPassword, makeCluster, NAME, newPort, rememberedPort } from "./embedded/cluster.ts";
import { urlOf } from "./embedded/connection.ts";
import { dataFolder, type DataLayout, layoutOf } from "./embedded/data_folder.ts";
import { lockDataFolder, unusableFolder } from "./embedded/data_lock.ts";
import { copiedVersion, copyEngine } from "./embedded/engine_copy.ts";
import { enginePackage, majorOf } from "./embedded/package.ts";
import { type Programs, programs } from "./embedded/programs.ts";
import { reachServer, type ServerFacts, stopServer } from "./embedded/server.ts";
import { ServerLog } from "./embedded/server_log.ts";
import { watchServer } from "./embedded/server_watch.ts";

/** A running PostgreSQL server of ours. */
export interface EmbeddedServer {
  /** `postgres://chargehand:…@127.0.0.1:port/chargehand`; the same for the life of the process, also after a restart of the server. */
  readonly url: string;
  /** The command that opens the database for a person; the password stays in a file. */
  readonly psql: string;
  /** Such as `18.4`. */
  readonly version: string;
  /** The data folder in use, absolute. It may be another one than was asked for, see `dataFolder`. */
  readonly dataDir: string;
  /** A server that a dead process had left running was taken over. */
  readonly adopted: boolean;
  /** Ends the server, then unlocks the folder. */
  stop(): Promise<void>;
}

/** Where, and whom to tell. */
export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Told of what an operator should look at. */
  readonly log: (line: string, facts?: Record<string, unknown>) => void;
  /** Told of what takes longer than a second. */
  readonly progress: (line: string) => void;
  /** PostgreSQL's settings that replace ours; for tests. */
  readonly tuning?: Readonly<Record<string, string>>;
}

/** Throws StoreError: "locked" when another process has the folder, else "refused" with one sentence about what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const layout = layoutOf(dataFolder(options.dataDir));
  refuseUnspeakable(layout);
  const lock = await lockDataFolder(layout);
  try {
    return await startIn(layout, options, () => lock.close());
  } catch (error) {
    lock.close();
    throw unusableFolder(layout.dataDir, error);
  }
}

async function startIn(layout: DataLayout, options: EmbeddedOptions, unlock: () => void): Promise<EmbeddedServer> {
  const { log, progress, tuning = {} } = options;
  const run = await prepare(layout, options);
  const password = await knownPassword(layout);
  const facts: ServerFacts = {
    layout,
    programs: run,
    password,
    tuning,
    serverLog: new ServerLog(layout.logs),
    progress,
  };
  const port = await rememberedPort(layout) ?? await newPort(layout);
  const reached = await reachServer(facts, port, true);
  const watch = watchServer(facts, reached, log);
  return {
    url: urlOf({ port: reached.port, password }),
    psql: psqlCommand(layout, reached.port),
    version: reached.connection.serverVersion,
    dataDir: layout.dataDir,
    adopted: reached.adopted,
    async stop() {
      await watch.close();
      await stopServer(facts);
      unlock();
    },
  };
}

/** For a shell, which would take a path with a space for two words. */
function psqlCommand({ passwordFile }: DataLayout, port: number): string {
  const path = /^[\w/.,:@%+-]+$/.test(passwordFile) ? passwordFile : `'${passwordFile.replaceAll("'", "'\\''")}'`;
  return `PGPASSFILE=${path} psql -h 127.0.0.1 -p ${port} -U ${NAME} ${NAME}`;
}

/** Makes what is missing: the folder, the programs, the cluster. */
async function prepare(layout: DataLayout, { log, progress }: EmbeddedOptions): Promise<Programs> {
  const cluster = await clusterVersion(layout);
  if (cluster === undefined) await refusePGlite(layout);
  const run = programs(layout);
  for (const folder of [layout.postgresql, layout.logs]) await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await run.enter(layout.dataDir);
  await run.own(layout.postgresql);
  await prepareEngine(layout, { cluster, run, log, progress });
  if (cluster === undefined) {
    progress("Makes a new database");
    await makeCluster(layout, run);
  }
  return run;
}

interface EngineFacts extends Pick<EmbeddedOptions, "log" | "progress"> {
  readonly cluster: string | undefined;
  readonly run: Programs;
}

/** Copies the programs: at the first start, and when a minor version has come. Data of another major version keep theirs. */
async function prepareEngine(layout: DataLayout, { cluster, run, log, progress }: EngineFacts): Promise<void> {
  const copied = await copiedVersion(layout.engine);
  const offered = await enginePackage();
  if (offered === undefined) {
    if (copied !== undefined && cluster !== undefined) return;
    throw new StoreError(
      "refused",
      `There is no embedded PostgreSQL for this system (${Deno.build.os}, ${Deno.build.arch}). Set DATABASE_URL to a PostgreSQL server.`,
    );
  }
  const [made, brought] = [majorOf(cluster ?? offered.version), majorOf(offered.version)];
  if (made !== brought) return goOnWith(made, brought, copied, { layout, log });
  if (copied === offered.version) return;
  progress(`Copies PostgreSQL ${offered.version} into ${layout.engine}`);
  if (copied !== undefined && cluster !== undefined) {
    // A server that a killed process left running must not go on without its files.
    await stopServer({ layout, programs: run, password: await knownPassword(layout) });
  }
  await copyEngine(offered, layout.engine);
}

/** Data of another major version than this product brings need the programs that made them. */
function goOnWith(
  made: number,
  brought: number,
  copied: string | undefined,
  { layout, log }: { layout: DataLayout; log: EmbeddedOptions["log"] },
): void {
  if (copied === undefined || majorOf(copied) !== made) {
    throw new StoreError(
      "refused",
      `The data in ${layout.cluster} are of PostgreSQL ${made}, whose programs are missing in ${layout.engine}; this version brings ` +
        `PostgreSQL ${brought}. Restore the folder from a backup, or start the version of Chargehand that made it.`,
    );
  }
  log(
    `The database goes on with PostgreSQL ${made}, which made it. This version of Chargehand brings PostgreSQL ${brought}; the ` +
      `operation guide says how to move to it`,
    { folder: layout.cluster },
  );
}

async function refusePGlite({ pglite, dataDir }: DataLayout): Promise<void> {
  const found = await Deno.lstat(pglite).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  if (!found) return;
  throw new StoreError(
    "refused",
    `The data folder ${dataDir} holds data of PGlite, the embedded database of versions before 0.2. They are not touched, and those versions ` +
      `still read them. To go on without them, choose an empty DATA_DIR or set DATABASE_URL.`,
  );
}

/** `pg_ctl` hands its own path to a shell between double quotes, and Deno's lists of permissions are separated by commas. */
function refuseUnspeakable({ dataDir }: DataLayout): void {
  if (!(Deno.build.os === "windows" ? /,/ : /[",$`\\\n]/).test(dataDir)) return;
  throw new StoreError(
    "refused",
    `The data folder ${dataDir} has one of the characters " , $ \` \\ in its path, which PostgreSQL's programs or Deno's permissions cannot ` +
      `handle. Choose another DATA_DIR.`,
  );
}
