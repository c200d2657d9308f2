/**
 * Records StartTransactions, many charge points' in one statement. What the statement decides, it decides from the rows as they
 * are at that moment: whether the start is known already (then the stored answer is given again, letter by letter), whether
 * the tag charges elsewhere, whether a stop that came too early belongs to it, and what it leaves abandoned behind.
 */
import { type Kysely, sql } from "kysely";
import type { IdTagInfo } from "../ocpp/types/id_tag_info.ts";
import { unknownOutcome } from "./engine/errors.ts";
import { recordset } from "./engine/recordset.ts";
import { intoOutbox } from "./event_outbox.ts";
import { linkInferredSamples } from "./inferred_samples.ts";
import { reservationsOfStarts } from "./reservation/reservation_facts.ts";
import type { Database } from "./tables.ts";
import { ended, started } from "./transaction_facts.ts";
import { folded } from "./engine/values.ts";

/** A StartTransaction to record. Its natural key: charge point, connector, tag without case, meterStart, timestamp. */
export interface TransactionStart {
  chargePoint: string;
  connectorId: number;
  idTag: string;
  /** Wh */
  meterStart: number;
  timestamp: Date;
  reservationId: number | null;
  receivedAt: Date;
  /** As decided without concurrency; recordStart turns Accepted into ConcurrentTx where the limit is reached. */
  idTagInfo: IdTagInfo;
  /** Of the tag; null = no limit. */
  maxActiveTransactions: number | null;
  flags: string[];
}

/** What to answer. A resent start gets the answer of the first one. */
export interface RecordedStart {
  transactionId: number;
  created: boolean;
  idTagInfo: IdTagInfo;
}

/** A connector with more open transactions than this is cleaned up by its next starts. */
const ABANDONED_AT_ONCE = 100;

/** How often rows that another process inserted at the same moment are looked for again. */
const ATTEMPTS = 3;

/**
 * Records a batch with at most one start per charge point; answers in its order. Starts that another process was faster with
 * are not in the first answer: they are known when the statement runs again.
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

/** `inferred`: its stop was matched with it, now or when the start came before. */
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
    ), told as ${tellings}${reservationsOfStarts(rows.map((row) => row.reservationId))}, joined as (
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
 * The look-ups are lateral and limited: one probe of an index for each row. As joins they would be planned anew with the table's size, and a
 * plan that was made while the table was small reads all of it for every batch.
 */
const sameStart = sql`
  select t.transaction_id, t.id_tag_info, t.flags from transactions t
  where t.charge_point = g.charge_point and t.connector_id = g.connector_id and t.folded_id_tag = g.folded_id_tag
    and t.meter_start = g.meter_start and t.started_at = g.started_at
  limit 1`;

/** Rows of the batch above this one with the same tag, which count as if they were recorded. */
const acceptedBefore = sql<number>`
  count(*) filter (where id_tag_info ->> 'status' = 'Accepted') over (
    partition by folded_id_tag order by ordinal rows between unbounded preceding and 1 preceding)`;

/**
 * ConcurrentTx (OCPP 1.6, 7.2): the tag charges elsewhere as often as it may. Transactions that were themselves refused do not
 * count, nor does an open one on the same connector, whose stop is merely late.
 */
const concurrent = sql<boolean>`
  f.id_tag_info ->> 'status' = 'Accepted' and f.max_active_transactions is not null
  and f.max_active_transactions <= f.accepted_before + (
    select count(*) from transactions t
    where t.folded_id_tag = f.folded_id_tag and t.state = 'active' and t.id_tag_info ->> 'status' = 'Accepted'
      and (t.charge_point <> f.charge_point or t.connector_id <> f.connector_id)
  )`;

/**
 * The stop that came before its start, when exactly one fits: a charge point that got no answer to its start ends the
 * transaction under an id of its own (errata 3.18) and sends the start again later. A stop that we had before the start even
 * happened is not meant, unless the charge point's clock is ahead of ours and cannot be compared with it.
 */
const earlyStops = sql`
  select f.charge_point, min(s.id) as stop_id
  from fresh f join transaction_stops s on s.charge_point = f.charge_point and s.outcome = 'orphan'
  where s.stopped_at >= f.started_at and s.meter_stop >= f.meter_start and not s.flags ? 'foreignTransaction'
    and (s.folded_id_tag is null or s.folded_id_tag = f.folded_id_tag)
    and (s.received_at >= f.started_at or f.started_at > f.received_at)
  group by f.charge_point having count(*) = 1`;

/** An older transaction on the connector is over when another begins; its stop had seven days to arrive. */
const abandon = sql`
  update transactions t set state = 'ended', flags = t.flags || '["abandoned"]'
  where t.transaction_id = any(array(
      select a.transaction_id from fresh f cross join lateral (
        select transaction_id from transactions a
        where a.charge_point = f.charge_point and a.connector_id = f.connector_id and a.state = 'active'
          and a.started_at <= f.started_at and a.start_received_at < f.received_at - interval '7 days'
        limit ${sql.lit(ABANDONED_AT_ONCE)}) as a))
    and t.state <> 'ended' -- not "= 'active'": the planner would look through all that are open
  returning t.*, (select max(f.received_at) from fresh f where f.charge_point = t.charge_point) as noticed_at`;

/** Events: what began, what was given up for it, and what began and ended because its stop was here first. */
const tellings = intoOutbox(
  ended("abandoned", "noticed_at"),
  started("(select * from issued order by transaction_id) as i"),
  ended("issued where state = 'ended'", "start_received_at"),
);

function columnsOf(start: TransactionStart) {
  return { ...start, foldedIdTag: folded(start.idTag), startedAt: start.timestamp };
}
