/**
 * Maintenance of tables that are partitioned by time. The partitions around now are made in advance, and those older than the retention are
 * dropped. A default partition takes rows that fit no other one. Functions in the database do the work. Each call is one statement: several
 * processes may run it at the same time, and a failure undoes all of it.
 */
import { type Kysely, sql } from "kysely";
import type { Database } from "../tables.ts";

/** How a table is partitioned, with the names of the database. */
export interface Partitioning {
  readonly table: "meter_values" | "messages";
  /** The column of the partition key. */
  readonly column: string;
  /** The column with the time by our clock, for the age of rows in the default partition. */
  readonly receivedColumn: string;
  readonly unit: "month" | "day";
  /** Undefined keeps everything. */
  readonly retentionDays?: number;
}

/** The names of the partitions that were made and dropped. */
export interface Kept {
  made: string[];
  dropped: string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The periods that always have a partition, relative to the current one. */
const AROUND = [-1, 0, 1, 2];

/** The partitions of one table. The times of reception trigger the maintenance once a day, without a timer. */
export class TimePartitions {
  #day: number | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    readonly db: Kysely<Database>,
    readonly partitioning: Partitioning,
    readonly log: (line: string, fields?: Record<string, unknown>) => void,
  ) {}

  /** To be called with each time of reception. The first call of a day starts `keep` in the background. */
  noteReceived(now: Date): void {
    if (dayOf(now) === this.#day) return;
    this.#day = dayOf(now);
    // No row is lost when this fails: the default partition takes rows that fit no other one.
    this.#work = this.#work.then(() => this.keep(now)).catch((error) =>
      this.log(`The partitions of ${this.partitioning.table} could not be updated; the next attempt is tomorrow`, {
        error,
      })
    );
  }

  /** Makes the partitions around `now` and drops those that ended before the retention. May run at any time and repeatedly. */
  async keep(now: Date, retentionDays: number | undefined = this.partitioning.retentionDays): Promise<Kept> {
    const { table, column, receivedColumn, unit } = this.partitioning;
    const made: string[] = [];
    for (const offset of AROUND) {
      const { rows } = await sql<{ name: string | null }>`
        select make_time_partition(${table}, ${column}, ${unit}, ${shifted(now, unit, offset)}::timestamptz) as name`
        .execute(this.db);
      if (rows[0]?.name) made.push(rows[0].name);
    }
    this.#day = dayOf(now);
    if (retentionDays === undefined) return { made, dropped: [] };
    const keptFrom = new Date(now.getTime() - retentionDays * DAY_MS);
    const { rows } = await sql<{ name: string }>`
      select drop_time_partitions_before(${table}, ${receivedColumn}, ${unit}, ${keptFrom}::timestamptz) as name`
      .execute(this.db);
    return { made, dropped: rows.map(({ name }) => name) };
  }

  /** Resolves when no work is running in the background. */
  async idle(): Promise<void> {
    await this.#work;
  }
}

function dayOf(now: Date): number {
  return Math.floor(now.getTime() / DAY_MS);
}

function shifted(now: Date, unit: Partitioning["unit"], offset: number): Date {
  const [month, day] = unit === "month" ? [offset, 1] : [0, now.getUTCDate() + offset];
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + month, day));
}
