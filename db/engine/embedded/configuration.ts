/**
 * The settings of the embedded PostgreSQL, written before each of its starts. Settings that an operator makes with ALTER SYSTEM are in
 * another file. They are kept and take precedence.
 */

/** The values that the settings depend on. */
export interface ConfigurationOptions {
  readonly port: number;
  /** An absolute folder. */
  readonly logs: string;
  /** The machine's memory; undefined when it is not known. */
  readonly memoryBytes: number | undefined;
  /** Settings that replace ours, for tests that need no durability or more connections. */
  readonly tuning?: Readonly<Record<string, string>>;
}

const MIB = 2 ** 20;

/** PostgreSQL's own page cache: a 32nd of the memory, because the operating system caches as well. */
const SHARED_BUFFERS_MIB = { share: 32, least: 64, most: 256 } as const;

/** The planner's estimate of both caches together. It allocates no memory. */
const EFFECTIVE_CACHE_MIB = { share: 2, least: 256, most: 8192 } as const;

/** The text of `postgresql.conf`. */
export function configuration({ port, logs, memoryBytes, tuning }: ConfigurationOptions): string {
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    max_connections: "40",
    password_encryption: "scram-sha-256",

    shared_buffers: `${part(memoryBytes, SHARED_BUFFERS_MIB)}MB`,
    effective_cache_size: `${part(memoryBytes, EFFECTIVE_CACHE_MIB)}MB`,
    work_mem: "8MB",
    maintenance_work_mem: "64MB",

    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    max_wal_size: "512MB",
    min_wal_size: "64MB",
    checkpoint_timeout: "15min",
    random_page_cost: "1.1",

    // One file for each weekday, which replaces the file of the week before. server_log.ts limits its size.
    logging_collector: "on",
    log_destination: "jsonlog",
    log_directory: logs,
    log_filename: "postgresql-%a.log",
    log_rotation_age: "1d",
    log_rotation_size: "0",
    log_truncate_on_rotation: "on",
    // Statements contain identities and idTags, which are personal data.
    log_min_error_statement: "panic",
    log_checkpoints: "off",

    datestyle: "iso, mdy",
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
    ...tuning,
  };
  const quoted = (value: string) => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}`);
  return ["# Chargehand writes this file before each start. Your own settings: ALTER SYSTEM.", ...lines, ""].join("\n");
}

function part(
  bytes: number | undefined,
  { share, least, most }: { share: number; least: number; most: number },
): number {
  const mib = Math.trunc((bytes ?? 0) / MIB / share);
  return Math.min(Math.max(mib, least), most);
}

/** The machine's memory in bytes. Undefined without `--allow-sys=systemMemoryInfo`: the smallest sizes are used then. */
export function machineMemoryBytes(): number | undefined {
  try {
    return Deno.systemMemoryInfo().total;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
