/**
 * Sampled values of meters, one row each, in monthly partitions: by default nothing removes them. A value that is stored already is not
 * stored again, whatever the order or the message in which it is received.
 */
import { type Kysely, sql } from "kysely";
import { batched } from "./engine/batched.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import { recordset } from "./engine/recordset.ts";
import type { Database, Row } from "./tables.ts";
import { type Kept, TimePartitions } from "./engine/time_partitions.ts";
import { without } from "./engine/values.ts";

/** A stored sample. `foreign`: it named a transaction of another charge point, so it is linked to no transaction. */
export type MeterValue = Omit<Row<"meterValues">, "digest" | "isForeign"> & { foreign: boolean };

/** A sampled value to be recorded, with the defaults of OCPP 1.6 (7.43 SampledValue) filled in. */
export interface Sample extends Omit<MeterValue, "connectorId" | "transactionId" | "foreign"> {
  /** Null: the connector of the transaction that it names. */
  connectorId: number | null;
}

/** The stored samples by transaction. */
export interface MeterValues {
  /** Batched. Samples that are stored already are skipped. Resolves after all of them have committed. */
  record(samples: readonly Sample[]): Promise<void>;
  /** Oldest first. Throws BadCursor. */
  list(transactionId: number, filter: { measurand?: string }, page: Page): Promise<Listed<MeterValue>>;
  /**
   * Makes the partitions of the months around `now` and, with `retentionDays`, drops those that ended before that. May run at any
   * time, repeatedly and in several processes at once. Returns what was made and dropped. `record` starts it once for each day of
   * reception.
   */
  keepPartitions(now: Date, retentionDays?: number): Promise<Kept>;
}

const MAX_ROWS = 500;

/** The options of the meter values, which the store sets. */
export interface MeterValueOptions {
  /** Samples of months that ended longer ago are dropped; undefined keeps everything. */
  readonly retentionDays?: number;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
}

/** Builds the repository. */
export function meterValues(
  db: Kysely<Database>,
  options: MeterValueOptions,
): MeterValues & { idle(): Promise<void> } {
  const recordBatched = batched(
    async (batches: readonly (readonly Sample[])[]) => {
      await insert(db, batches.flat());
      return batches.map(() => undefined);
    },
    { maxRows: MAX_ROWS, maxInFlight: 2, sizeOf: (samples) => samples.length },
  );
  const partitions = new TimePartitions(db, {
    table: "meter_values",
    column: "sampled_at",
    receivedColumn: "received_at",
    unit: "month",
    retentionDays: options.retentionDays,
  }, options.log);

  return {
    async record(samples) {
      const [first] = samples;
      if (first === undefined) return;
      partitions.noteReceived(first.receivedAt);
      const slices = Array.from({ length: Math.ceil(samples.length / MAX_ROWS) }, (_, i) => i * MAX_ROWS);
      await Promise.all(slices.map((from) => recordBatched(samples.slice(from, from + MAX_ROWS))));
    },

    list: (transactionId, filter, page) =>
      listPage(db.selectFrom("meterValues").selectAll(), page, {
        by: { sampledAt: "time", digest: "uuid" },
        order: "oldest",
        where: { transactionId, ...filter },
      }, meterValueOf),

    keepPartitions: (now, retentionDays) => partitions.keep(now, retentionDays),
    idle: () => partitions.idle(),
  };
}

const given = recordset({
  chargePoint: "text",
  connectorId: "bigint",
  reportedTransactionId: "bigint",
  sampledAt: "timestamptz",
  receivedAt: "timestamptz",
  value: "text",
  measurand: "text",
  phase: "text",
  location: "text",
  context: "text",
  unit: "text",
  format: "text",
});

/**
 * A sample is linked only to a transaction of its own charge point. A sample that names a transaction of another charge point is stored
 * with `is_foreign` and without a link. A sample without a connector gets the connector of its transaction. `chr(31)`, the unit
 * separator, separates the parts of the digest.
 */
async function insert(db: Kysely<Database>, samples: readonly Sample[]): Promise<void> {
  await sql`
    insert into meter_values (sampled_at, digest, charge_point, connector_id, reported_transaction_id, transaction_id,
      is_foreign, received_at, value, measurand, phase, location, context, unit, format)
    select g.sampled_at,
      md5(concat_ws(chr(31), g.charge_point, connector.id, coalesce(g.reported_transaction_id, 0), g.measurand, coalesce(g.phase, ''),
        g.location, g.context, coalesce(g.unit, ''), g.format))::uuid as digest,
      g.charge_point, connector.id, g.reported_transaction_id, case when t.charge_point = g.charge_point then t.transaction_id end,
      coalesce(t.charge_point <> g.charge_point, false), g.received_at, g.value, g.measurand, g.phase, g.location,
      g.context, g.unit, g.format
    from ${given.from(samples)}
    left join transactions t on t.transaction_id = g.reported_transaction_id
    cross join lateral (select coalesce(g.connector_id, case when t.charge_point = g.charge_point then t.connector_id end, 0)
      as id) as connector
    order by 1, 2, g.ordinal -- of two equal samples the first is stored
    on conflict (sampled_at, digest) do nothing`.execute(db);
}

function meterValueOf(row: Row<"meterValues">): MeterValue {
  return { ...without(row, "digest", "isForeign"), foreign: row.isForeign };
}
