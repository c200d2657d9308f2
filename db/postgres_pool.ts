/**
 * Connections to PostgreSQL through postgres.js, made safe to depend on. The driver may hang, lose a slot or run a statement
 * late once a connection broke; so every statement has a deadline, and at the first sign of trouble the whole pool is replaced by
 * a new one. The old one is given a moment to finish what is under way and is then abandoned.
 */
import postgres from "postgres";
import { onDriverCrash } from "./driver_guard.ts";
import { codeOf, DEADLINE, refused, StoreError, unknownOutcome } from "./errors.ts";

/** `deadlineMs` covers waiting for a connection, too; 0 = none. `session` are settings of each connection. */
export interface PoolOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly deadlineMs: number;
  readonly session: Readonly<Record<string, string>>;
  readonly log: (line: string, facts?: Record<string, unknown>) => void;
}

/** What the server said to one statement. */
export interface Answer {
  readonly rows: unknown[];
  readonly command: string;
  readonly count: number | null;
}

/** A connection that belongs to one caller, for a transaction. */
export interface Reserved {
  run(text: string, parameters: readonly unknown[]): Promise<Answer>;
  /** Gives it back, unless it broke: then it is left to die with its pool. */
  release(): void;
}

interface Generation {
  readonly sql: postgres.Sql;
  /** Signs of life from the server, to tell a busy pool from a dead one. */
  answers: number;
}

type Query = postgres.PendingQuery<postgres.Row[]>;

/** How long a replaced pool may go on with statements under way: as long as the longest of them may take. */
const LAST_WORDS_SECONDS = 3;

/** Failures that happen before anything is sent and are the caller's fault, not the connection's. */
const CALLERS_FAULTS = new Set(["UNDEFINED_VALUE", "MAX_PARAMETERS_EXCEEDED"]);

export class PostgresPool {
  readonly #options: PoolOptions;
  readonly #abandoned = new Set<Promise<void>>();
  readonly #unguard: () => void;
  #current: Generation;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#current = this.#open();
    this.#unguard = onDriverCrash(() => this.#replace(this.#current, "the driver crashed"));
  }

  /** One statement on any connection. Throws StoreError. */
  run(text: string, parameters: readonly unknown[]): Promise<Answer> {
    return this.#bounded(this.#current, this.#current.sql, text, parameters);
  }

  /** Throws StoreError when no connection is free within the deadline. */
  async reserve(): Promise<Reserved> {
    const generation = this.#current;
    const sql = await this.#reservation(generation);
    let broken = false;
    return {
      run: async (text, parameters) => {
        // A statement on a connection that broke might run outside its transaction.
        if (broken) throw unknownOutcome("the connection of this transaction broke", "CONNECTION_CLOSED");
        try {
          return await this.#bounded(generation, sql, text, parameters);
        } catch (error) {
          broken ||= error instanceof StoreError && error.kind === "unknownOutcome";
          throw error;
        }
      },
      release: () => broken || generation !== this.#current || sql.release(),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unguard();
    await Promise.all([end(this.#current.sql), ...this.#abandoned]);
  }

  #open(): Generation {
    const options = {
      max: this.#options.maxConnections,
      max_pipeline: 0, // not in the published types: a statement behind a slow one on the same connection shares its fate
      connect_timeout: 2,
      backoff: () => 0.25,
      // No connection ever ends by itself, so that each end is a sign of trouble.
      idle_timeout: undefined,
      max_lifetime: null,
      fetch_types: true, // without it, `reserve` on a connection that is not open yet never resolves
      types: PARSERS,
      transform: { undefined: null },
      connection: this.#options.session,
      onnotice: () => {},
      onclose: () => this.#replace(generation, "a connection was closed"),
    };
    const generation: Generation = { answers: 0, sql: postgres(this.#options.url, options) as unknown as postgres.Sql };
    return generation;
  }

  #replace(generation: Generation, why: string): void {
    if (this.#closed || generation !== this.#current) return;
    this.#options.log("Replacing the database connections", { why });
    this.#current = this.#open();
    const ended = end(generation.sql);
    this.#abandoned.add(ended);
    ended.finally(() => this.#abandoned.delete(ended));
  }

  #bounded(from: Generation, sql: postgres.Sql, text: string, parameters: readonly unknown[]): Promise<Answer> {
    const query = sql.unsafe(text, [...parameters] as never[], { prepare: true }) as Query;
    const answersBefore = from.answers;
    return new Promise((resolve, reject) => {
      const late = () => reject(this.#late(from, query, answersBefore));
      const timer = this.#options.deadlineMs > 0 ? setTimeout(late, this.#options.deadlineMs) : undefined;
      query.then((rows) => {
        clearTimeout(timer);
        from.answers++;
        resolve({ rows: [...rows], command: rows.command, count: rows.count });
      }, (error) => {
        clearTimeout(timer);
        reject(this.#failed(from, error));
      });
    });
  }

  #late(from: Generation, query: Query, answersBefore: number): StoreError {
    // `state` is the connection that has the query, unset while it waits for one (not in the driver's published types).
    const sent = (query as { state?: unknown }).state != null;
    if (!sent) query.cancel();
    // The server cancels by itself after statement_timeout, which is shorter: a silent connection is a broken one. A query
    // that was never sent proves nothing as long as others are answered: the pool is merely busy.
    if (sent || from.answers === answersBefore) this.#replace(from, "no answer within the deadline");
    return unknownOutcome(`no answer within ${this.#options.deadlineMs} ms`, DEADLINE);
  }

  #failed(from: Generation, error: unknown): StoreError {
    const code = codeOf(error);
    const fromServer = error instanceof postgres.PostgresError;
    if (fromServer && !/^(08|57P0)/.test(code ?? "")) {
      from.answers++;
      return refused(error);
    }
    if (!fromServer && (code === undefined || CALLERS_FAULTS.has(code))) return refused(error);
    this.#replace(from, code ?? "unknown");
    return unknownOutcome(`the connection broke (${code})`, code, error);
  }

  #reservation(from: Generation): Promise<postgres.ReservedSql> {
    return new Promise((resolve, reject) => {
      let given = false;
      const late = () => {
        given = true;
        this.#replace(from, "no free connection within the deadline");
        reject(unknownOutcome(`no free connection within ${this.#options.deadlineMs} ms`, DEADLINE));
      };
      const timer = this.#options.deadlineMs > 0 ? setTimeout(late, this.#options.deadlineMs) : undefined;
      from.sql.reserve().then((sql) => {
        clearTimeout(timer);
        given ? sql.release() : resolve(sql);
      }, (error) => {
        clearTimeout(timer);
        reject(this.#failed(from, error));
      });
    });
  }
}

/** `end` was seen to hang on a broken connection; its own timeout is what bounds it. */
function end(sql: postgres.Sql): Promise<void> {
  return sql.end({ timeout: LAST_WORDS_SECONDS }).catch(() => {});
}

/** int8 and numeric as numbers: what we store in them are safe integers. */
const PARSERS = {
  integers: { to: 20, from: [20, 1700], serialize: (value: unknown) => String(value), parse: Number },
};
