/**
 * Records StartTransactions of many charge points in one statement. The statement decides from the rows at that moment: whether the
 * start is stored already (then the stored answer is repeated exactly), whether the idTag has too many active transactions, whether
 * a StopTransaction that was received earlier belongs to it, and which older transactions are abandoned.
 */
import { type Kysely, sql } from "kysely";
import type { IdTagInfo } from "../ocpp/types/id_tag_info.ts";
import { unknownOutcome } from "./engine/errors.ts";
import { recordset } from "./engine/recordset.ts";
import { intoOutbox } from "./event_outbox.ts";
import { linkInferredSamples } from "./inferred_samples.ts";
import { reservationsOfStarts } from "./reservation/reservation_parts.ts";
import type { Database } from "./tables.ts";
import { ended, started } from "./transaction_event_rows.ts";
import { folded } from "./engine/values.ts";

/** A StartTransaction to record. Its natural key: charge point, connector, idTag without case, meterStart, timestamp. */
export interface TransactionStart {
  chargePoint: string;
  connectorId: number;
  idTag: string;
  /** Wh */
  meterStart: number;
  timestamp: Date;
  reservationId: number | null;
  receivedAt: Date;
  /** The decision without regard to other transactions. recordStart changes Accepted to ConcurrentTx when the limit is reached. */
  idTagInfo: IdTagInfo;
  /** The limit of the idTag; null = no limit. */
  maxActiveTransactions: number | null;
  flags: string[];
}

/** The answer to a start. A start that is sent again gets the answer of the first one. */
export interface RecordedStart {
  transactionId: number;
  created: boolean;
  idTagInfo: IdTagInfo;
}

/** The most transactions that one start abandons. The next starts on the connector abandon the rest. */
const ABANDONED_AT_ONCE = 100;

/** How often the statement runs when another process inserts the same rows at the same time. */
const ATTEMPTS = 3;

/**
 * Records a batch with at most one start per charge point; results are in its order. A start that another process inserts at the same
 * time is missing in the first result. It is found when the statement runs again.
 */
export async function recordStarts(
  db: Kysely<Database>,
  starts: readonly TransactionStart[],
): Promise<RecordedStart[]> {
  const recorded = new Map<string, RecordedStart>();
  const matched: number[] = [];
  let open = starts.map(columnsOf);
  for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
    for (const { chargePoint, inferred, ...result } of await insert(db, open)) {
      recorded.set(chargePoint, result);
      if (inferred) matched.push(result.transactionId);
    }
    open = open.filter(({ chargePoint }) => !recorded.has(chargePoint));
  }
  if (open.length > 0) throw unknownOutcome("other processes record the same transactions", undefined);
  await linkInferredSamples(db, matched);
  return starts.map(({ chargePoint }) => recorded.get(chargePoint)!);
}

type Columns = ReturnType<typeof columnsOf>;

/** `inferred`: a stop with another transactionId was matched with the start. */
type Inserted = RecordedStart & { chargePoint: string; inferred: boolean };

async function insert(db: Kysely<Database>, rows: readonly Columns[]): Promise<Inserted[]> {
  const { rows: results } = await sql<Inserted>`
    with given as (
      select * from ${given.from(rows)}
    ), known as (
      select g.charge_point, t.transaction_id, t.id_tag_info, ${inferred} as inferred
      from given g cross join lateral (${sameStart}) as t
    ), fresh as (
      select * from given g where not exists (select from known k where k.charge_point = g.charge_point)
    ), judged as (
      select f.*, case when ${concurrent} then jsonb_set(f.id_tag_info, '{status}', '"ConcurrentTx"')
        else f.id_tag_info end as answer
      from (select *, ${acceptedBefore} as accepted_before from fresh) f
    ), early as (${earlyStops}
    ), abandoned as (${abandon}
    ), issued as (
      insert into transactions (transaction_id, charge_point, connector_id, id_tag, folded_id_tag, state, meter_start,
        meter_stop, reason, started_at, start_received_at, stopped_at, stop_received_at, stop_id_tag, id_tag_info,
        reservation_id, flags)
      select nextval('transaction_ids'), j.charge_point, j.connector_id, j.id_tag, j.folded_id_tag,
        case when s.id is null then 'active' else 'ended' end, j.meter_start, s.meter_stop, s.reason, j.started_at,
        j.received_at, s.stopped_at, s.received_at, s.id_tag, j.answer, j.reservation_id,
        case when s.id is null then j.flags else j.flags || s.flags || '["matchedByInference"]' end
      from (select * from judged order by ordinal) j
      left join early e on e.charge_point = j.charge_point left join transaction_stops s on s.id = e.stop_id
      on conflict do nothing
      returning *
    ), event_rows as ${recordedEvents}${reservationsOfStarts(rows.map((row) => row.reservationId))}, joined as (
      update transaction_stops s set outcome = 'inferred', transaction_id = t.transaction_id,
        flags = s.flags || '["matchedByInference"]'
      from early e join issued t on t.charge_point = e.charge_point where s.id = e.stop_id
    )
    select charge_point, transaction_id, id_tag_info, inferred, false as created from known
    union all select charge_point, transaction_id, id_tag_info, ${inferred}, true from issued t`.execute(db);
  return results;
}

const given = recordset({
  chargePoint: "text",
  connectorId: "bigint",
  idTag: "text",
  foldedIdTag: "text",
  meterStart: "bigint",
  startedAt: "timestamptz",
  reservationId: "bigint",
  receivedAt: "timestamptz",
  idTagInfo: "jsonb",
  maxActiveTransactions: "integer",
  flags: "jsonb",
});

const inferred = sql<boolean>`t.flags ? 'matchedByInference'`;

/**
 * The look-ups are lateral and limited: one access to an index for each row. For joins the planner chooses by the size of the table, and a
 * plan from the time when the table was small would read all of it for every batch.
 */
const sameStart = sql`
  select t.transaction_id, t.id_tag_info, t.flags from transactions t
  where t.charge_point = g.charge_point and t.connector_id = g.connector_id and t.folded_id_tag = g.folded_id_tag
    and t.meter_start = g.meter_start and t.started_at = g.started_at
  limit 1`;

/** The number of accepted rows before this one in the batch with the same idTag. They count as if they were recorded. */
const acceptedBefore = sql<number>`
  count(*) filter (where id_tag_info ->> 'status' = 'Accepted') over (
    partition by folded_id_tag order by ordinal rows between unbounded preceding and 1 preceding)`;

/**
 * ConcurrentTx (OCPP 1.6, 7.2): the idTag has as many active transactions on other connectors as it may. Transactions that were not
 * accepted do not count. An active one on the same connector does not count either: its stop is only late.
 */
const concurrent = sql<boolean>`
  f.id_tag_info ->> 'status' = 'Accepted' and f.max_active_transactions is not null
  and f.max_active_transactions <= f.accepted_before + (
    select count(*) from transactions t
    where t.folded_id_tag = f.folded_id_tag and t.state = 'active' and t.id_tag_info ->> 'status' = 'Accepted'
      and (t.charge_point <> f.charge_point or t.connector_id <> f.connector_id)
  )`;

/**
 * The stop that was received before its start, when exactly one fits. A charge point that got no answer to its start ends the
 * transaction under an id of its own (errata 3.18) and sends the start again later. A stop that was received before the time of the
 * start does not fit, unless the charge point's clock is ahead of ours: then the times cannot be compared.
 */
const earlyStops = sql`
  select f.charge_point, min(s.id) as stop_id
  from fresh f join transaction_stops s on s.charge_point = f.charge_point and s.outcome = 'orphan'
  where s.stopped_at >= f.started_at and s.meter_stop >= f.meter_start and not s.flags ? 'foreignTransaction'
    and (s.folded_id_tag is null or s.folded_id_tag = f.folded_id_tag)
    and (s.received_at >= f.started_at or f.started_at > f.received_at)
  group by f.charge_point having count(*) = 1`;

/** A new transaction on a connector ends older ones without a stop, when they started more than seven days before. */
const abandon = sql`
  update transactions t set state = 'ended', flags = t.flags || '["abandoned"]'
  where t.transaction_id = any(array(
      select a.transaction_id from fresh f cross join lateral (
        select transaction_id from transactions a
        where a.charge_point = f.charge_point and a.connector_id = f.connector_id and a.state = 'active'
          and a.started_at <= f.started_at and a.start_received_at < f.received_at - interval '7 days'
        limit ${sql.lit(ABANDONED_AT_ONCE)}) as a))
    and t.state <> 'ended' -- not "= 'active'": then the planner would read all active transactions
  returning t.*, (select max(f.received_at) from fresh f where f.charge_point = t.charge_point) as noticed_at`;

/** The events of abandoned transactions, of starts, and of starts whose stop was received before. */
const recordedEvents = intoOutbox(
  ended("abandoned", "noticed_at"),
  started("(select * from issued order by transaction_id) as i"),
  ended("issued where state = 'ended'", "start_received_at"),
);

function columnsOf(start: TransactionStart) {
  return { ...start, foldedIdTag: folded(start.idTag), startedAt: start.timestamp };
}
