/**
 * Tables in native partitions by time. The partitions around now are made ahead, those that are older than the retention are
 * dropped as a whole, and a default partition takes what has no other. All of it is done by functions in the database, each one
 * statement, safe in several processes at once and undone as a whole when it fails.
 */
import { type Kysely, sql } from "kysely";
import type { Database } from "../tables.ts";

/** How a table is partitioned. Names are as in the database. */
export interface Partitioning {
  readonly table: "meter_values" | "messages";
  /** The column that decides about the partition. */
  readonly column: string;
  /** The column that decides about the age of what is in the default partition: our own clock. */
  readonly receivedColumn: string;
  readonly unit: "month" | "day";
  /** Undefined keeps everything. */
  readonly retentionDays?: number;
}

/** What was made and dropped. */
export interface Kept {
  made: string[];
  dropped: string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Periods that always have a partition, counted from now. */
const AROUND = [-1, 0, 1, 2];

/** The partitions of one table, looked after once for each day of reception: no timer and no clock. */
export class TimePartitions {
  #day: number | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    readonly db: Kysely<Database>,
    readonly partitioning: Partitioning,
    readonly log: (line: string, facts?: Record<string, unknown>) => void,
  ) {}

  /** Something was received at this time: on the first call of a day the partitions are looked after, in the background. */
  see(now: Date): void {
    if (dayOf(now) === this.#day) return;
    this.#day = dayOf(now);
    // Nothing is lost when it fails: the default partition takes what has no other, and tomorrow is another attempt.
    this.#work = this.#work.then(() => this.keep(now)).catch((error) =>
      this.log(`The partitions of ${this.partitioning.table} could not be kept; tried again tomorrow`, { error })
    );
  }

  /** Makes the partitions around `now` and drops those that ended before the retention. Safe to run at any time, repeatedly. */
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

  /** Resolves when nothing is done in the background. */
  async quiet(): Promise<void> {
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
