/**
 * Opens a PostgreSQL database for the repositories: the first contact with its errors in sentences, the migrations, the lease of this
 * process, and then the pool of connections that all statements go through.
 */
import { type Dialect, Kysely } from "kysely";
import { meetServer } from "./first_contact.ts";
import { migrate } from "./migrate.ts";
import { holdPresence } from "./node_lease.ts";
import { postgresDialect } from "./postgres_dialect.ts";
import { PostgresPool } from "./postgres_pool.ts";

/** How the database is reached. */
export interface DatabaseOptions {
  readonly databaseUrl: string;
  /** Told of what an operator should look at; everything is fine as long as it is silent. */
  readonly log?: (line: string, facts?: Record<string, unknown>) => void;
  /** Per statement, waiting for a connection included. Default 2500. */
  readonly queryDeadlineMs?: number;
}

/** An opened and migrated database. */
export interface OpenDatabase {
  readonly dialect: Dialect;
  /** The number under which the other processes on this database know this one. */
  readonly process: number;
  /** Ends the connections. Not Kysely's `destroy`, which does nothing as long as nothing was asked. */
  close(): Promise<void>;
}

/** Connections of one process: statements are short and gathered, more would only queue up inside the server. */
const MAX_CONNECTIONS = 8;
const QUERY_DEADLINE_MS = 2500;

/** Settings of every connection. jit off: it would cost more than our short statements ever do. */
const SESSION = { application_name: "chargehand", TimeZone: "UTC", synchronous_commit: "on", jit: "off" };

/** Shorter than our own deadline, so that the server lets go before we give up and the outcome is known. */
const TIMEOUTS = { statement_timeout: "2000", lock_timeout: "1000", idle_in_transaction_session_timeout: "5000" };

/** For migrations, which may take their time, and for the connection that only holds a lock. */
const NO_TIMEOUTS = { statement_timeout: "0", lock_timeout: "0", idle_in_transaction_session_timeout: "0" };

/** Opens and migrates the database. Throws StoreError: the database cannot be reached, or cannot be migrated. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenDatabase> {
  const { databaseUrl: url, log = () => {}, queryDeadlineMs = QUERY_DEADLINE_MS } = options;
  const unhurried = { ...SESSION, ...NO_TIMEOUTS };
  await meetServer(url);
  await migrateOverOneConnection(
    new PostgresPool({ url, maxConnections: 1, deadlineMs: 0, session: unhurried, log }),
    log,
  );
  const presence = await holdPresence({ url, session: unhurried, log });
  const session = { ...SESSION, ...TIMEOUTS };
  const pool = new PostgresPool({ url, maxConnections: MAX_CONNECTIONS, deadlineMs: queryDeadlineMs, session, log });
  return {
    dialect: postgresDialect(pool),
    process: presence.number,
    async close() {
      await pool.close();
      await presence.close();
    },
  };
}

async function migrateOverOneConnection(pool: PostgresPool, log: NonNullable<DatabaseOptions["log"]>): Promise<void> {
  await migrate(new Kysely<unknown>({ dialect: postgresDialect(pool) }), log).finally(() => pool.close());
}
