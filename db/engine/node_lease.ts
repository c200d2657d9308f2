/**
 * The lease of a process, by which the other processes on the same database notice its end. Each process holds an advisory lock on a
 * number of its own, over a connection that serves only this. PostgreSQL releases the lock when the process dies, for whatever reason.
 */
import postgres from "postgres";

/** A held lease. */
export interface NodeLease {
  /** Unique to this run of this process. */
  readonly number: number;
  close(): Promise<void>;
}

/** The database and the settings (`session`) of the connection that holds the lease. */
export interface NodeLeaseOptions {
  readonly url: string;
  readonly session: Readonly<Record<string, string>>;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
}

const RETRY_MS = 250;
const CLOSE_TIMEOUT_SECONDS = 1;

/** A random number of 52 bits for a new lease: two processes practically never have the same. */
export function processNumber(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 12) * 2 ** 32 + low + 1;
}

/** Takes the lock, and takes it again whenever its connection is lost. Throws when the database cannot be reached at first. */
export async function holdNodeLease(options: NodeLeaseOptions): Promise<NodeLease> {
  const lease = new HeldLease(options);
  try {
    await lease.hold();
  } catch (error) {
    await lease.close();
    throw error;
  }
  return lease;
}

class HeldLease implements NodeLease {
  readonly number = processNumber();
  readonly #options: NodeLeaseOptions;
  #sql: postgres.Sql | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
  }

  async hold(): Promise<void> {
    // Without keepalives PostgreSQL would notice a dead host only after two hours; with these it does within a minute.
    const probing = { tcp_keepalives_idle: "30", tcp_keepalives_interval: "10", tcp_keepalives_count: "3" };
    const sql = postgres(this.#options.url, {
      max: 1,
      connect_timeout: 2,
      idle_timeout: undefined,
      max_lifetime: null,
      fetch_types: false,
      onnotice: () => {},
      connection: { ...this.#options.session, ...probing } as Record<string, string>,
      onclose: () => this.#lost(sql),
    }) as postgres.Sql;
    this.#sql = sql;
    try {
      await sql.unsafe(`select pg_advisory_lock(${this.number})`);
    } catch (error) {
      this.#lost(sql);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#sql?.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }

  /** Takes the lock again with a new client, because the driver can hang after a connection broke. */
  #lost(sql: postgres.Sql): void {
    if (this.#closed || sql !== this.#sql) return;
    this.#sql = undefined;
    sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }).catch(() => {});
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.hold().catch(() => {}), RETRY_MS);
  }
}
