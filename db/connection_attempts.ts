/**
 * Connection attempts that were refused or unusual. A row stands for a first attempt and its repeats: the same address, identity and
 * cause within a minute. An actor counts the repeats, and writes the row again when its count has grown.
 */
import { type Kysely, sql } from "kysely";
import { type Listed, listPage, type Order, type Page } from "./engine/list_page.ts";
import { recordset } from "./engine/recordset.ts";
import type { Database, Row } from "./tables.ts";

/** Attempts with one cause from one address and identity, and their number within a minute. */
export type ConnectionAttempt = Row<"connectionAttempts">;

/** The filter of `list`. `from` (included) and `to` (excluded) are compared with the last attempt of a row. */
export interface ConnectionAttemptFilter {
  identity?: string;
  cause?: string;
  address?: string;
  from?: Date;
  to?: Date;
}

/** The stored connection attempts. */
export interface ConnectionAttempts {
  /** Inserts new rows and updates the count of known ones, in one statement. */
  record(attempts: readonly ConnectionAttempt[]): Promise<void>;
  /** Ordered by the first attempt of each row. Throws BadCursor. */
  list(filter: ConnectionAttemptFilter, page: Page, order?: Order): Promise<Listed<ConnectionAttempt>>;
  /** Removes rows whose last attempt is older, a bounded number at a time; returns how many. */
  removeBefore(keptFrom: Date): Promise<number>;
}

const REMOVED_AT_ONCE = 20_000;

const given = recordset({
  id: "uuid",
  at: "timestamptz",
  lastAt: "timestamptz",
  count: "integer",
  address: "text",
  identity: "text",
  cause: "text",
  found: "text",
  cure: "text",
});

/** Builds the repository. */
export function connectionAttempts(db: Kysely<Database>): ConnectionAttempts {
  return {
    async record(attempts) {
      if (attempts.length === 0) return;
      await sql`
        insert into connection_attempts (${given.names}) select ${given.values} from ${given.from(attempts)}
        on conflict (id) do update set last_at = excluded.last_at, count = excluded.count`.execute(db);
    },

    list: ({ from, to, ...where }, page, order) =>
      listPage(db.selectFrom("connectionAttempts").selectAll(), page, {
        by: { id: "uuid" },
        order,
        where,
        within: { lastAt: { from, to } },
      }),

    async removeBefore(keptFrom) {
      const { numAffectedRows } = await sql`
        delete from connection_attempts where id = any(array(
          select id from connection_attempts where last_at < ${keptFrom} limit ${sql.lit(REMOVED_AT_ONCE)}))`.execute(
        db,
      );
      return Number(numAffectedRows ?? 0n);
    },
  };
}
