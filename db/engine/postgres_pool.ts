/**
 * A pool of connections to PostgreSQL through postgres.js. After a connection broke, the driver may hang, lose a connection or run a
 * statement late. So every statement has a deadline, and after the first problem a new pool of the driver replaces the old one. The old
 * one gets a few seconds to finish statements under way and is then abandoned.
 */
import postgres from "postgres";
import { onDriverCrash } from "./driver_guard.ts";
import { codeOf, DEADLINE, refused, StoreError, unknownOutcome } from "./errors.ts";

/** The options of a pool. `deadlineMs` includes the wait for a connection; 0 = none. `session` are settings of each connection. */
export interface PoolOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly deadlineMs: number;
  readonly session: Readonly<Record<string, string>>;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
}

/** The server's answer to one statement. */
export interface Answer {
  readonly rows: unknown[];
  readonly command: string;
  readonly count: number | null;
}

/** A connection that belongs to one caller, for a transaction. */
export interface Reserved {
  run(text: string, parameters: readonly unknown[]): Promise<Answer>;
  /** Returns the connection to the pool, unless it is broken. */
  release(): void;
}

interface Generation {
  readonly sql: postgres.Sql;
  /** Connections in use. The driver never gets more statements than it has connections: the others wait in this class. */
  inUse: number;
}

/** Starts a task on a connection; resolves when the connection is free again. */
type Task = (generation: Generation) => Promise<unknown>;

/** How long a replaced pool may continue statements under way: as long as the longest of them may take. */
const CLOSE_TIMEOUT_SECONDS = 3;

const NO_ANSWER = "no answer within the deadline";

/** Codes of errors that the caller causes, before anything is sent. The connection is not broken. */
const CALLER_ERRORS = new Set(["UNDEFINED_VALUE", "MAX_PARAMETERS_EXCEEDED"]);

/** A pool of connections that keeps working after the server was restarted or not reachable. */
export class PostgresPool {
  readonly #options: PoolOptions;
  readonly #waiting = new Set<Task>();
  readonly #abandoned = new Set<Promise<void>>();
  readonly #unguard: () => void;
  #current: Generation;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#current = this.#open();
    this.#unguard = onDriverCrash(() => this.#replace(this.#current, "the driver crashed"));
  }

  /** Runs a statement on any connection. Throws StoreError. */
  run(text: string, parameters: readonly unknown[]): Promise<Answer> {
    return this.#enqueue(({ sql }) => ask(sql, text, parameters), (answer) => answer);
  }

  /** Reserves a connection. Throws StoreError when none is free within the deadline. */
  async reserve(): Promise<Reserved> {
    const released = Promise.withResolvers<void>();
    const untilReleased = async (reserving: Promise<unknown>) => (await reserving, await released.promise);
    const [from, sql] = await this.#enqueue(reserveOpen, untilReleased);
    let broken = false;
    return {
      run: async (text, parameters) => {
        // The driver might run a statement outside its transaction after the connection broke.
        if (broken || from !== this.#current) {
          throw unknownOutcome("the transaction's connection broke", "CONNECTION_CLOSED");
        }
        try {
          return await this.#within(
            () => this.#replace(from, NO_ANSWER),
            this.#translated(ask(sql, text, parameters), from),
          );
        } catch (error) {
          broken ||= error instanceof StoreError && error.kind === "unknownOutcome";
          throw error;
        }
      },
      release: () => {
        if (!broken && from === this.#current) sql.release();
        released.resolve();
      },
    };
  }

  /** Closes all connections after the statements under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unguard();
    await Promise.all([end(this.#current.sql), ...this.#abandoned]);
  }

  #open(): Generation {
    const options = {
      max: this.#options.maxConnections,
      max_pipeline: 0, // Not in the published types. With pipelining, a statement would wait for a slow one on the same connection.
      connect_timeout: 2,
      backoff: () => 0.25,
      // Idle connections are never closed on purpose, so that every close is a sign of a problem.
      idle_timeout: undefined,
      max_lifetime: null,
      fetch_types: false,
      types: PARSERS,
      transform: { undefined: null },
      connection: this.#options.session,
      onnotice: () => {},
      onclose: () => this.#replace(generation, "a connection was closed"),
    };
    const generation: Generation = { inUse: 0, sql: postgres(this.#options.url, options) as unknown as postgres.Sql };
    return generation;
  }

  #replace(generation: Generation, why: string): void {
    if (this.#closed || generation !== this.#current) return;
    this.#options.log("Replacing the database connections", { why });
    this.#current = this.#open();
    const ended = end(generation.sql);
    this.#abandoned.add(ended);
    ended.finally(() => this.#abandoned.delete(ended));
    this.#next();
  }

  /** Runs `work` as soon as a connection is free. The connection is in use until the promise of `inUse` settles. */
  #enqueue<T>(work: (generation: Generation) => Promise<T>, inUse: (work: Promise<T>) => Promise<unknown>): Promise<T> {
    const result = Promise.withResolvers<T>();
    let from: Generation | undefined;
    const task: Task = (generation) => {
      from = generation;
      const working = work(generation);
      result.resolve(this.#translated(working, generation));
      return inUse(working);
    };
    this.#waiting.add(task);
    this.#next();
    return this.#within(() => {
      // statement_timeout is shorter than the deadline: a connection without an answer is broken. A task that was never started
      // only shows that all connections are in use.
      if (from) this.#replace(from, NO_ANSWER);
      else this.#waiting.delete(task);
    }, result.promise);
  }

  #next(): void {
    const generation = this.#current;
    for (const task of this.#waiting) {
      if (generation.inUse >= this.#options.maxConnections) return;
      this.#waiting.delete(task);
      generation.inUse++;
      task(generation).catch(() => {}).finally(() => {
        generation.inUse--;
        this.#next();
      });
    }
  }

  /** Waits for the answer until the deadline. Then it calls `onTimeout`, and the outcome is unknown. */
  #within<T>(onTimeout: () => void, answer: Promise<T>): Promise<T> {
    const { deadlineMs } = this.#options;
    if (deadlineMs === 0) return answer;
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      onTimeout();
      timeout.reject(unknownOutcome(`no answer within ${deadlineMs} ms`, DEADLINE));
    }, deadlineMs);
    return Promise.race([answer, timeout.promise]).finally(() => clearTimeout(timer));
  }

  /** Translates the driver's errors into StoreError, and replaces the connections when one of them is broken. */
  async #translated<T>(answer: Promise<T>, from: Generation): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const code = codeOf(error);
      const fromServer = error instanceof postgres.PostgresError;
      const isUsable = fromServer ? !/^(08|57P0)/.test(code ?? "") : code === undefined || CALLER_ERRORS.has(code);
      if (isUsable) throw refused(error);
      this.#replace(from, code ?? "unknown");
      throw unknownOutcome(`the connection broke (${code})`, code, error);
    }
  }
}

/** Reserves a connection. A statement opens one before, because the driver's `reserve` can hang when none is open. */
async function reserveOpen(from: Generation): Promise<readonly [Generation, postgres.ReservedSql]> {
  await ask(from.sql, "select 1", []);
  return [from, await from.sql.reserve()];
}

async function ask(sql: postgres.Sql, text: string, parameters: readonly unknown[]): Promise<Answer> {
  const rows = await sql.unsafe(text, [...parameters] as never[], { prepare: true });
  return { rows: [...rows], command: rows.command, count: rows.count };
}

/** Closes the driver's pool. The timeout is needed because `end` can hang on a broken connection. */
function end(sql: postgres.Sql): Promise<void> {
  return sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }).catch(() => {});
}

/** Reads int8 and numeric as numbers: we store only safe integers in them. */
const PARSERS = {
  integers: { to: 20, from: [20, 1700], serialize: (value: unknown) => String(value), parse: Number },
};
