/**
 * How the processes on one PostgreSQL know of each other's end. Each holds an advisory lock on a number of its own, for as long as
 * a connection made for nothing else lives; the server lets go of the lock when the process dies, however it dies.
 */
import postgres from "postgres";

/** The held number. */
export interface Presence {
  /** Unique to this run of this process. */
  readonly number: number;
  close(): Promise<void>;
}

/** `session` are settings of the connection. */
export interface PresenceOptions {
  readonly url: string;
  readonly session: Readonly<Record<string, string>>;
  readonly log: (line: string, facts?: Record<string, unknown>) => void;
}

const RETRY_MS = 250;
const LAST_WORDS_SECONDS = 1;

/** A number that no other process has, in all likelihood: 52 random bits. */
export function processNumber(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 12) * 2 ** 32 + low + 1;
}

/** Takes the lock, and takes it again whenever its connection is lost. Throws when the database cannot be reached at first. */
export async function holdPresence(options: PresenceOptions): Promise<Presence> {
  const presence = new Held(options);
  try {
    await presence.hold();
  } catch (error) {
    await presence.close();
    throw error;
  }
  return presence;
}

class Held implements Presence {
  readonly number = processNumber();
  readonly #options: PresenceOptions;
  #sql: postgres.Sql | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  async hold(): Promise<void> {
    // A dead host must not look present for the two hours that TCP would allow: the server asks after half a minute.
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
    await this.#sql?.end({ timeout: LAST_WORDS_SECONDS });
  }

  /** A new client each time: the driver can get stuck on a connection that broke. */
  #lost(sql: postgres.Sql): void {
    if (this.#closed || sql !== this.#sql) return;
    this.#sql = undefined;
    sql.end({ timeout: LAST_WORDS_SECONDS }).catch(() => {});
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.hold().catch(() => {}), RETRY_MS);
  }
}
