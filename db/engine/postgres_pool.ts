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
  /** Connections in use. The driver never gets more to do than it has connections: what waits, waits here. */
  inUse: number;
}

/** Starts work on a connection; resolves when the connection is free again. */
type Turn = (generation: Generation) => Promise<unknown>;

/** How long a replaced pool may go on with statements under way: as long as the longest of them may take. */
const LAST_WORDS_SECONDS = 3;

const SILENCE = "no answer within the deadline";

/** Failures that happen before anything is sent and are the caller's fault, not the connection's. */
const CALLERS_FAULTS = new Set(["UNDEFINED_VALUE", "MAX_PARAMETERS_EXCEEDED"]);

/** A pool of connections that survives its server. */
export class PostgresPool {
  readonly #options: PoolOptions;
  readonly #waiting = new Set<Turn>();
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
    return this.#inTurn(({ sql }) => ask(sql, text, parameters), (answer) => answer);
  }

  /** Throws StoreError when no connection is free within the deadline. */
  async reserve(): Promise<Reserved> {
    const released = Promise.withResolvers<void>();
    const whole = async (reserving: Promise<unknown>) => (await reserving, await released.promise);
    const [from, sql] = await this.#inTurn(reserveOpen, whole);
    let broken = false;
    return {
      run: async (text, parameters) => {
        // A statement on a connection that broke might run outside its transaction.
        if (broken || from !== this.#current) {
          throw unknownOutcome("the transaction's connection broke", "CONNECTION_CLOSED");
        }
        try {
          return await this.#within(
            () => this.#replace(from, SILENCE),
            this.#explained(ask(sql, text, parameters), from),
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

  /** Waits for what is under way. */
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

  /** Work on a connection as soon as one is free. It is in use until what `inUse` makes of the work is over. */
  #inTurn<T>(work: (generation: Generation) => Promise<T>, inUse: (work: Promise<T>) => Promise<unknown>): Promise<T> {
    const result = Promise.withResolvers<T>();
    let from: Generation | undefined;
    const turn: Turn = (generation) => {
      from = generation;
      const working = work(generation);
      result.resolve(this.#explained(working, generation));
      return inUse(working);
    };
    this.#waiting.add(turn);
    this.#next();
    return this.#within(() => {
      // The server cancels by itself after statement_timeout, which is shorter: a silent connection is a broken one. Work that
      // never had its turn proves nothing: the pool may merely be busy.
      if (from) this.#replace(from, SILENCE);
      else this.#waiting.delete(turn);
    }, result.promise);
  }

  #next(): void {
    const generation = this.#current;
    for (const turn of this.#waiting) {
      if (generation.inUse >= this.#options.maxConnections) return;
      this.#waiting.delete(turn);
      generation.inUse++;
      turn(generation).catch(() => {}).finally(() => {
        generation.inUse--;
        this.#next();
      });
    }
  }

  /** Waits for the answer, but not beyond the deadline: then `late` is called and the outcome is unknown. */
  #within<T>(late: () => void, answer: Promise<T>): Promise<T> {
    const { deadlineMs } = this.#options;
    if (deadlineMs === 0) return answer;
    const silence = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late();
      silence.reject(unknownOutcome(`no answer within ${deadlineMs} ms`, DEADLINE));
    }, deadlineMs);
    return Promise.race([answer, silence.promise]).finally(() => clearTimeout(timer));
  }

  /** The driver's errors in our words; replaces the connections when one of them is at fault. */
  async #explained<T>(answer: Promise<T>, from: Generation): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      const code = codeOf(error);
      const fromServer = error instanceof postgres.PostgresError;
      const fine = fromServer ? !/^(08|57P0)/.test(code ?? "") : code === undefined || CALLERS_FAULTS.has(code);
      if (fine) throw refused(error);
      this.#replace(from, code ?? "unknown");
      throw unknownOutcome(`the connection broke (${code})`, code, error);
    }
  }
}

/** `reserve` of the driver can hang for good unless a connection is open: so one is opened by a statement before. */
async function reserveOpen(from: Generation): Promise<readonly [Generation, postgres.ReservedSql]> {
  await ask(from.sql, "select 1", []);
  return [from, await from.sql.reserve()];
}

async function ask(sql: postgres.Sql, text: string, parameters: readonly unknown[]): Promise<Answer> {
  const rows = await sql.unsafe(text, [...parameters] as never[], { prepare: true });
  return { rows: [...rows], command: rows.command, count: rows.count };
}

/** `end` was seen to hang on a broken connection; its own timeout is what bounds it. */
function end(sql: postgres.Sql): Promise<void> {
  return sql.end({ timeout: LAST_WORDS_SECONDS }).catch(() => {});
}

/** int8 and numeric as numbers: what we store in them are safe integers. */
const PARSERS = {
  integers: { to: 20, from: [20, 1700], serialize: (value: unknown) => String(value), parse: Number },
};
