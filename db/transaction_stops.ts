/**
 * Records StopTransactions of many charge points in one statement. The Central System cannot refuse a stop (OCPP 1.6, 4.10). The stop
 * ends the transaction that it names, if that is active and belongs to the charge point. Otherwise the stop is stored with another outcome.
 */
import { type Kysely, sql } from "kysely";
import { unknownOutcome } from "./engine/errors.ts";
import { recordset } from "./engine/recordset.ts";
import { intoOutbox } from "./event_outbox.ts";
import { linkInferredSamples } from "./inferred_samples.ts";
import type { Database } from "./tables.ts";
import { conflicted, ended, orphaned } from "./transaction_event_rows.ts";
import { folded } from "./engine/values.ts";

/** A StopTransaction to record. */
export interface TransactionStop {
  chargePoint: string;
  /** As reported: any safe integer, also 0, -1 and ids of other charge points. */
  transactionId: number;
  idTag: string | null;
  /** Wh */
  meterStop: number;
  timestamp: Date;
  reason: string | null;
  receivedAt: Date;
  flags: string[];
}

/**
 * `ended`: the first stop of this transaction. `repeated`: stored already. `conflict`: the transaction was stopped with other values,
 * which are kept. `inferred`: the transactionId is -1, and exactly one active transaction fits. `orphan`: stored without a transaction.
 */
export type StopOutcome = "ended" | "repeated" | "conflict" | "inferred" | "orphan";

/** The result for one stop. `transactionId` is the transaction that the stop belongs to, null for an orphan. */
export interface RecordedStop {
  outcome: StopOutcome;
  transactionId: number | null;
  created: boolean;
}

/** How often the statement runs when another process inserts the same rows at the same time. */
const ATTEMPTS = 3;

/** Records a batch with at most one stop per charge point; results are in its order. */
export async function recordStops(db: Kysely<Database>, stops: readonly TransactionStop[]): Promise<RecordedStop[]> {
  const recorded = new Map<string, RecordedStop>();
  let open = stops.map(columnsOf);
  for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
    for (const { chargePoint, ...result } of await insert(db, open)) recorded.set(chargePoint, result);
    open = open.filter(({ chargePoint }) => !recorded.has(chargePoint));
  }
  if (open.length > 0) throw unknownOutcome("other processes record the same stops", undefined);
  await linkInferredSamples(db, matchedIds(stops, recorded));
  return stops.map(({ chargePoint }) => recorded.get(chargePoint)!);
}

/** The transactions of stops that named another id. Repeated stops are included: the process may have died before it linked the first. */
function matchedIds(stops: readonly TransactionStop[], recorded: ReadonlyMap<string, RecordedStop>): number[] {
  const ids = stops.map(({ chargePoint, transactionId: named }) => (
    { named, matched: recorded.get(chargePoint)!.transactionId }
  ));
  return ids.flatMap(({ named, matched }) => matched === null || matched === named ? [] : [matched]);
}

type Columns = ReturnType<typeof columnsOf>;

type Inserted = RecordedStop & { chargePoint: string };

async function insert(db: Kysely<Database>, rows: readonly Columns[]): Promise<Inserted[]> {
  const { rows: results } = await sql<Inserted>`
    with given as (
      select * from ${given.from(rows)}
    ), known as (
      select g.charge_point, s.transaction_id from given g cross join lateral (${sameStop}) as s
    ), fresh as (
      select * from given g where not exists (select from known k where k.charge_point = g.charge_point)
    ), named as (${named}
    ), matched as (${matched}
    ), judged as (
      select f.*, coalesce(n.transaction_id, m.transaction_id) as transaction_id, n.is_foreign,
        case when n.meter_stop = f.meter_stop and n.stopped_at = f.stopped_at then 'repeated'
          when n.meter_stop is not null then 'conflict'
          when n.transaction_id is not null then 'ended'
          when m.transaction_id is not null then 'inferred'
          else 'orphan' end as outcome
      from fresh f left join named n using (charge_point) left join matched m using (charge_point)
    ), kept as (
      insert into transaction_stops (charge_point, reported_transaction_id, transaction_id, outcome, id_tag, folded_id_tag,
        meter_stop, stopped_at, received_at, reason, flags)
      select charge_point, reported_transaction_id, transaction_id, outcome, id_tag, folded_id_tag, meter_stop, stopped_at,
        received_at, reason, case when outcome = 'inferred' then flags || '["matchedByInference"]'
          when is_foreign then flags || '["foreignTransaction"]' else flags end
      from judged where outcome <> 'repeated' order by charge_point
      on conflict do nothing
      returning *
    ), applied as (${apply}
    ), event_rows as ${recordedEvents}
    select charge_point, 'repeated' as outcome, transaction_id, false as created from known
    union all select charge_point, outcome, transaction_id, false from judged where outcome = 'repeated'
    union all select charge_point, outcome, transaction_id, true from kept`.execute(
    db,
  );
  return results;
}

const given = recordset({
  chargePoint: "text",
  reportedTransactionId: "bigint",
  idTag: "text",
  foldedIdTag: "text",
  meterStop: "bigint",
  stoppedAt: "timestamptz",
  receivedAt: "timestamptz",
  reason: "text",
  flags: "jsonb",
});

/** One access to the index for each row, whatever the size of the table; see `sameStart` in transaction_starts.ts. */
const sameStop = sql`
  select s.transaction_id from transaction_stops s
  where s.charge_point = g.charge_point and s.reported_transaction_id = g.reported_transaction_id
    and s.meter_stop = g.meter_stop and s.stopped_at = g.stopped_at
  limit 1`;

/**
 * The transaction with the reported id. A transaction of the same charge point is locked, so that two processes decide about two stops
 * one after the other. Of a transaction of another charge point only its existence is used.
 */
const named = sql`
  select own.*, false as is_foreign from (
    select f.charge_point, t.transaction_id, t.meter_stop, t.stopped_at
    from fresh f join transactions t on t.transaction_id = f.reported_transaction_id and t.charge_point = f.charge_point
    order by t.transaction_id for update of t) as own
  union all
  select f.charge_point, null, null, null, true
  from fresh f join transactions t on t.transaction_id = f.reported_transaction_id and t.charge_point <> f.charge_point`;

/**
 * A charge point that got no answer to its start reports -1 (errata 3.18). Such a stop ends the one active transaction of this charge
 * point that fits. With any other unknown id the stop is an orphan, about which an operator decides: a wrong match would be billed to
 * the wrong customer.
 */
const matched = sql`
  select f.charge_point, min(t.transaction_id) as transaction_id
  from fresh f join transactions t on t.charge_point = f.charge_point and t.state = 'active'
  where f.reported_transaction_id = -1
    and t.meter_start <= f.meter_stop and t.started_at <= f.stopped_at
    and (f.folded_id_tag is null or f.folded_id_tag = t.folded_id_tag)
  group by f.charge_point having count(*) = 1`;

/** The effect on the transaction: the first stop sets its values, a contradicting one only a flag. */
const apply = sql`
  update transactions t set
    state = 'ended',
    meter_stop = coalesce(t.meter_stop, k.meter_stop),
    reason = case when t.meter_stop is null then k.reason else t.reason end,
    stopped_at = coalesce(t.stopped_at, k.stopped_at),
    stop_received_at = coalesce(t.stop_received_at, k.received_at),
    stop_id_tag = case when t.meter_stop is null then k.id_tag else t.stop_id_tag end,
    flags = case k.outcome
      when 'ended' then t.flags || k.flags
        || case when k.meter_stop < t.meter_start then '["meterRegression"]'::jsonb else '[]' end
        || case when k.stopped_at < t.started_at then '["stopBeforeStart"]'::jsonb else '[]' end
      when 'inferred' then t.flags || k.flags
      else case when t.flags ? 'conflictingStop' then t.flags else t.flags || '["conflictingStop"]' end end
  from kept k
  where t.transaction_id = k.transaction_id and t.charge_point = k.charge_point
  returning t.*, k.outcome, k.received_at`;

/** The events of ends, and of stops that an operator has to look at. */
const recordedEvents = intoOutbox(
  ended("applied where outcome in ('ended', 'inferred')", "received_at"),
  conflicted("kept where outcome = 'conflict'"),
  orphaned("kept where outcome = 'orphan'"),
);

function columnsOf(stop: TransactionStop) {
  return {
    ...stop,
    reportedTransactionId: stop.transactionId,
    foldedIdTag: stop.idTag === null ? null : folded(stop.idTag),
    stoppedAt: stop.timestamp,
  };
}
