/**
 * The embedded PostgreSQL server, so that one command starts the product with its database. `startEmbedded` locks and prepares the data
 * folder, starts or takes over the server, and watches it. `stop` ends the watch, then the server, then the lock.
 */
import { StoreError } from "./errors.ts";
import { clusterVersion, knownPassword, makeCluster, NAME, newPort, rememberedPort } from "./embedded/cluster.ts";
import { urlOf } from "./embedded/connection.ts";
import { dataFolder, type DataLayout, layoutOf } from "./embedded/data_folder.ts";
import { lockDataFolder, unusableFolder } from "./embedded/data_lock.ts";
import { copiedVersion, copyEngine } from "./embedded/engine_copy.ts";
import { enginePackage, majorOf } from "./embedded/package.ts";
import { type Programs, programs } from "./embedded/programs.ts";
import { ensureRunning, type ServerOptions, stopServer } from "./embedded/server.ts";
import { ServerLog } from "./embedded/server_log.ts";
import { watchServer } from "./embedded/server_watch.ts";

/** A running embedded server. */
export interface EmbeddedServer {
  /** `postgres://chargehand:…@127.0.0.1:port/chargehand`; the same for the life of the process, also after a restart of the server. */
  readonly url: string;
  /** A shell command that opens the database in psql. It reads the password from a file. */
  readonly psql: string;
  /** Such as `18.4`. */
  readonly version: string;
  /** The data folder in use, absolute. For root it may differ from DATA_DIR, see `dataFolder`. */
  readonly dataDir: string;
  /** Whether a server was taken over that a killed process had left running. */
  readonly adopted: boolean;
  /** Ends the server, then unlocks the folder. */
  stop(): Promise<void>;
}

/** The data folder, and the outputs for the operator. */
export interface EmbeddedOptions {
  readonly dataDir: string;
  /** Called with problems that an operator should look at. */
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
  /** Called with steps that take longer than a second. */
  readonly progress: (line: string) => void;
  /** Settings of PostgreSQL that replace ours; for tests. */
  readonly tuning?: Readonly<Record<string, string>>;
}

/** Starts the server. Throws StoreError: "locked" when another process uses the folder, else "refused" with what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const layout = layoutOf(dataFolder(options.dataDir));
  refuseUnusablePath(layout);
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
  const server: ServerOptions = {
    layout,
    programs: run,
    password,
    tuning,
    serverLog: new ServerLog(layout.logs),
    progress,
  };
  const port = await rememberedPort(layout) ?? await newPort(layout);
  const running = await ensureRunning(server, port, true);
  const watch = watchServer(server, running, log);
  return {
    url: urlOf({ port: running.port, password }),
    psql: psqlCommand(layout, running.port),
    version: running.connection.serverVersion,
    dataDir: layout.dataDir,
    adopted: running.adopted,
    async stop() {
      await watch.close();
      await stopServer(server);
      unlock();
    },
  };
}

/** The path is quoted for a shell when it contains other characters than the usual ones. */
function psqlCommand({ passwordFile }: DataLayout, port: number): string {
  const path = /^[\w/.,:@%+-]+$/.test(passwordFile) ? passwordFile : `'${passwordFile.replaceAll("'", "'\\''")}'`;
  return `PGPASSFILE=${path} psql -h 127.0.0.1 -p ${port} -U ${NAME} ${NAME}`;
}

/** Makes the folders, the programs and the cluster, where they are missing. */
async function prepare(layout: DataLayout, { log, progress }: EmbeddedOptions): Promise<Programs> {
  const cluster = await clusterVersion(layout);
  if (cluster === undefined) await refusePGlite(layout);
  const run = programs(layout);
  for (const folder of [layout.postgresql, layout.logs]) await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await run.allowEntry(layout.dataDir);
  await run.giveOwnership(layout.postgresql);
  await prepareEngine(layout, { cluster, run, log, progress });
  if (cluster === undefined) {
    progress("Creating a new database");
    await makeCluster(layout, run);
  }
  return run;
}

interface EngineOptions extends Pick<EmbeddedOptions, "log" | "progress"> {
  readonly cluster: string | undefined;
  readonly run: Programs;
}

/** Copies the programs at the first start and for a new minor version. Data of another major version keep their programs. */
async function prepareEngine(layout: DataLayout, { cluster, run, log, progress }: EngineOptions): Promise<void> {
  const copied = await copiedVersion(layout.engine);
  const offered = await enginePackage();
  if (offered === undefined) {
    if (copied !== undefined && cluster !== undefined) return;
    throw new StoreError(
      "refused",
      `There is no embedded PostgreSQL for this system (${Deno.build.os}, ${Deno.build.arch}). Set DATABASE_URL to a PostgreSQL server.`,
    );
  }
  const [dataMajor, offeredMajor] = [majorOf(cluster ?? offered.version), majorOf(offered.version)];
  if (dataMajor !== offeredMajor) return keepOldPrograms(dataMajor, offeredMajor, copied, { layout, log });
  if (copied === offered.version) return;
  progress(`Copying PostgreSQL ${offered.version} to ${layout.engine}`);
  if (copied !== undefined && cluster !== undefined) {
    // A server that a killed process left running must not continue without its files.
    await stopServer({ layout, programs: run, password: await knownPassword(layout) });
  }
  await copyEngine(offered, layout.engine);
}

/** Data of another major version than the offered one need the programs that created them: these must be in the data folder. */
function keepOldPrograms(
  dataMajor: number,
  offeredMajor: number,
  copied: string | undefined,
  { layout, log }: { layout: DataLayout; log: EmbeddedOptions["log"] },
): void {
  if (copied === undefined || majorOf(copied) !== dataMajor) {
    throw new StoreError(
      "refused",
      `Cannot start PostgreSQL: the data in ${layout.cluster} need PostgreSQL ${dataMajor}, whose programs are missing in ${layout.engine}. ` +
        `This version of Chargehand contains PostgreSQL ${offeredMajor}. Restore the folder from a backup, or start the version of Chargehand ` +
        `that created it.`,
    );
  }
  log(
    `The database keeps running on PostgreSQL ${dataMajor}, which created it. This version of Chargehand contains PostgreSQL ${offeredMajor}; the ` +
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
    `Cannot use the data folder ${dataDir}: it contains data of PGlite, the embedded database of versions before 0.2. They were not changed, ` +
      `and those versions can still read them. To start without them, choose an empty DATA_DIR or set DATABASE_URL.`,
  );
}

/** `pg_ctl` passes its own path to a shell between double quotes, and Deno's lists of permissions are separated by commas. */
function refuseUnusablePath({ dataDir }: DataLayout): void {
  if (!(Deno.build.os === "windows" ? /,/ : /[",$`\\\n]/).test(dataDir)) return;
  throw new StoreError(
    "refused",
    `Cannot use the data folder ${dataDir}: its path contains a line break or one of the characters " , $ \` \\, which PostgreSQL's programs ` +
      `or Deno's permissions cannot handle. Choose another DATA_DIR.`,
  );
}
