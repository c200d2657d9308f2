/**
 * The Kysely dialect over our own pool. The pool runs each compiled statement on any connection; a connection is reserved only for a
 * transaction. Statements within `db.connection()` but without a transaction may therefore run in different sessions.
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import { StoreError } from "./errors.ts";
import type { Answer, PostgresPool, Reserved } from "./postgres_pool.ts";

/** Makes a Kysely dialect of a PostgresPool. `destroy` closes the pool. */
export function postgresDialect(pool: PostgresPool): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => new PostgresDriver(pool),
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

/** Takes no lock for the migrator: migrate.ts takes one for its transaction. A session lock would stay on the pooled connection. */
class Adapter extends PostgresAdapter {
  override acquireMigrationLock(): Promise<void> {
    return Promise.resolve();
  }
  override releaseMigrationLock(): Promise<void> {
    return Promise.resolve();
  }
}

class PostgresDriver implements Driver {
  constructor(readonly pool: PostgresPool) {}

  async init(): Promise<void> {}

  acquireConnection(): Promise<PooledConnection> {
    return Promise.resolve(new PooledConnection(this.pool));
  }

  async beginTransaction(connection: PooledConnection, settings: TransactionSettings): Promise<void> {
    await connection.reserve();
    const isolation = settings.isolationLevel ? ` isolation level ${settings.isolationLevel}` : "";
    const access = settings.accessMode ? ` ${settings.accessMode}` : "";
    await connection.executeQuery(CompiledQuery.raw(`start transaction${isolation}${access}`));
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    const { command } = await connection.run("commit", []);
    if (command === "ROLLBACK") {
      throw new StoreError("refused", "The transaction was rolled back: a statement in it had failed", "25P02");
    }
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    await connection.run("rollback", []);
  }

  releaseConnection(connection: PooledConnection): Promise<void> {
    connection.release();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return this.pool.close();
  }
}

class PooledConnection implements DatabaseConnection {
  readonly #pool: PostgresPool;
  #reserved: Reserved | undefined;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async reserve(): Promise<void> {
    this.#reserved = await this.#pool.reserve();
  }

  run(text: string, parameters: readonly unknown[]): Promise<Answer> {
    return (this.#reserved ?? this.#pool).run(text, parameters);
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, command, count } = await this.run(query.sql, query.parameters);
    const changes = command === "INSERT" || command === "UPDATE" || command === "DELETE" || command === "MERGE";
    return { rows: rows as R[], numAffectedRows: changes && count !== null ? BigInt(count) : undefined };
  }

  streamQuery(): never {
    throw new Error("Cannot stream a query: this dialect does not support it. Read page by page.");
  }

  release(): void {
    this.#reserved?.release();
    this.#reserved = undefined;
  }
}
