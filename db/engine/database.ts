/**
 * Opens a PostgreSQL database for the repositories: first the check of the server, then the migrations, the lease of this process, and
 * the pool of connections that all statements use.
 */
import { type Dialect, Kysely } from "kysely";
import { migrate } from "./migrate.ts";
import { holdNodeLease } from "./node_lease.ts";
import { postgresDialect } from "./postgres_dialect.ts";
import { PostgresPool } from "./postgres_pool.ts";
import { checkServer } from "./server_check.ts";

/** The address of the database, the log, and the deadline of statements. */
export interface DatabaseOptions {
  readonly databaseUrl: string;
  /** Called with problems that an operator should look at. */
  readonly log?: (line: string, fields?: Record<string, unknown>) => void;
  /** Per statement, waiting for a connection included. Default 2500. */
  readonly queryDeadlineMs?: number;
}

/** An opened and migrated database. */
export interface OpenDatabase {
  readonly dialect: Dialect;
  /** The number of this process's lease, which identifies it to the other processes on this database. */
  readonly process: number;
  /** Closes the connections. Kysely's `destroy` does not do this when no statement was executed. */
  close(): Promise<void>;
}

/** The connections of one process. Statements are short and batched: with more connections they would only queue in the server. */
const MAX_CONNECTIONS = 8;
const QUERY_DEADLINE_MS = 2500;

/** Settings of every connection. jit is off because compiling takes longer than our short statements. */
const SESSION = { application_name: "chargehand", TimeZone: "UTC", synchronous_commit: "on", jit: "off" };

/** Shorter than our own deadline: the server cancels a statement before we stop waiting, so that its outcome is known. */
const TIMEOUTS = { statement_timeout: "2000", lock_timeout: "1000", idle_in_transaction_session_timeout: "5000" };

/** For migrations, which may take long, and for the connection that holds the lease. */
const NO_TIMEOUTS = { statement_timeout: "0", lock_timeout: "0", idle_in_transaction_session_timeout: "0" };

/** Opens and migrates the database. Throws StoreError: the database cannot be reached, or cannot be migrated. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const { databaseUrl: url, log = () => {}, queryDeadlineMs = QUERY_DEADLINE_MS } = options;
  const unlimited = { ...SESSION, ...NO_TIMEOUTS };
  await checkServer(url);
  await migrateOverOneConnection(
    new PostgresPool({ url, maxConnections: 1, deadlineMs: 0, session: unlimited, log }),
    log,
  );
  const lease = await holdNodeLease({ url, session: unlimited, log });
  const session = { ...SESSION, ...TIMEOUTS };
  const pool = new PostgresPool({ url, maxConnections: MAX_CONNECTIONS, deadlineMs: queryDeadlineMs, session, log });
  return {
    dialect: postgresDialect(pool),
    process: lease.number,
    async close() {
      await pool.close();
      await lease.close();
    },
  };
}

async function migrateOverOneConnection(pool: PostgresPool, log: NonNullable<DatabaseOptions["log"]>): Promise<void> {
  await migrate(new Kysely<unknown>({ dialect: postgresDialect(pool) }), log).finally(() => pool.close());
}
