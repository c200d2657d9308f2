/**
 * Records StopTransactions, many charge points' in one statement. A stop is a fact that is never refused (OCPP 1.6, 4.10): it
 * ends the transaction that it names when that is open and the charge point's own; else it is kept as what it is.
 */
import { type Kysely, sql } from "kysely";
import { unknownOutcome } from "./engine/errors.ts";
import { recordset } from "./engine/recordset.ts";
import { intoOutbox } from "./event_outbox.ts";
import { linkInferredSamples } from "./inferred_samples.ts";
import type { Database } from "./tables.ts";
import { conflicted, ended, orphaned } from "./transaction_facts.ts";
import { folded } from "./engine/values.ts";

/** A StopTransaction to record. */
export interface TransactionStop {
  chargePoint: string;
  /** As reported: any safe integer, also 0, -1 and ids of others. */
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
 * `ended`: the first stop of this transaction. `repeated`: known already. `conflict`: the transaction was stopped with other
 * values, which stay. `inferred`: the id was useless, exactly one open transaction fits. `orphan`: kept without a transaction.
 */
export type StopOutcome = "ended" | "repeated" | "conflict" | "inferred" | "orphan";

/** `transactionId` is the transaction that the stop belongs to, null for an orphan. */
export interface RecordedStop {
  outcome: StopOutcome;
  transactionId: number | null;
  created: boolean;
}

/** How often rows that another process inserted at the same moment are looked for again. */
const ATTEMPTS = 3;

/** Records a batch with at most one stop per charge point; answers in its order. */
export async function recordStops(db: Kysely<Database>, stops: readonly TransactionStop[]): Promise<RecordedStop[]> {
  const recorded = new Map<string, RecordedStop>();
  let open = stops.map(columnsOf);
  for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
    for (const { chargePoint, ...result } of await insert(db, open)) recorded.set(chargePoint, result);
    open = open.filter(({ chargePoint }) => !recorded.has(chargePoint));
  }
  if (open.length > 0) throw unknownOutcome("other processes record the same stops", undefined);
  await linkInferredSamples(db, elsewhere(stops, recorded));
  return stops.map(({ chargePoint }) => recorded.get(chargePoint)!);
}

/** The transactions of stops that named another; of repeated stops, too, as the first one may have been cut off here. */
function elsewhere(stops: readonly TransactionStop[], recorded: ReadonlyMap<string, RecordedStop>): number[] {
  const ids = stops.map(({ chargePoint, transactionId: named }) => (
    { named, meant: recorded.get(chargePoint)!.transactionId }
  ));
  return ids.flatMap(({ named, meant }) => meant === null || meant === named ? [] : [meant]);
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
    ), guessed as (${guessed}
    ), judged as (
      select f.*, coalesce(n.transaction_id, g.transaction_id) as transaction_id, n.is_foreign,
        case when n.meter_stop = f.meter_stop and n.stopped_at = f.stopped_at then 'repeated'
          when n.meter_stop is not null then 'conflict'
          when n.transaction_id is not null then 'ended'
          when g.transaction_id is not null then 'inferred'
          else 'orphan' end as outcome
      from fresh f left join named n using (charge_point) left join guessed g using (charge_point)
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
    ), told as ${tellings}
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

/** One probe of the index for each row, however the tables grow; so it is with starts. */
const sameStop = sql`
  select s.transaction_id from transaction_stops s
  where s.charge_point = g.charge_point and s.reported_transaction_id = g.reported_transaction_id
    and s.meter_stop = g.meter_stop and s.stopped_at = g.stopped_at
  limit 1`;

/**
 * The transaction with the reported id. Of our own it is locked, so that two stops of one transaction in two processes are
 * decided one after the other; of another charge point only that it exists is learned, and nothing is touched.
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
 * A charge point that lost our answer to its start reports -1 (errata 3.18). The stop is attached when exactly one open transaction of
 * this charge point fits. Any other useless id stays an orphan for an operator: it says nothing, and a guess costs somebody money.
 */
const guessed = sql`
  select f.charge_point, min(t.transaction_id) as transaction_id
  from fresh f join transactions t on t.charge_point = f.charge_point and t.state = 'active'
  where f.reported_transaction_id = -1
    and t.meter_start <= f.meter_stop and t.started_at <= f.stopped_at
    and (f.folded_id_tag is null or f.folded_id_tag = t.folded_id_tag)
  group by f.charge_point having count(*) = 1`;

/** The effect on the transaction: the first stop gives its values, a contradicting one only a flag. */
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

/** Events: what ended, and which stops somebody has to look at. */
const tellings = intoOutbox(
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
