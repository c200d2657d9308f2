/**
 * Records StartTransactions, many charge points' in one statement. What the statement decides, it decides from the rows as they
 * are at that moment: whether the start is known already (then the stored answer is given again, letter by letter), whether
 * the tag charges elsewhere, whether a stop that came too early belongs to it, and what it leaves abandoned behind.
 */
import { type Kysely, sql } from "kysely";
import type { IdTagInfo } from "../ocpp/types/id_tag_info.ts";
import { unknownOutcome } from "./errors.ts";
import { intoOutbox } from "./event_outbox.ts";
import { linkInferredSamples } from "./inferred_samples.ts";
import type { Database } from "./tables.ts";
import { ended, started } from "./transaction_facts.ts";
import { folded, numbered } from "./values.ts";

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
  const recorded = new Map<number, RecordedStart>();
  const matched: number[] = [];
  let open = starts.map((start, place) => ({ place, ...columnsOf(start) }));
  for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
    for (const { place, inferred, ...result } of await insert(db, open)) {
      recorded.set(place, result);
      if (inferred) matched.push(result.transactionId);
    }
    open = open.filter(({ place }) => !recorded.has(place));
  }
  if (open.length > 0) throw unknownOutcome("other processes record the same transactions", undefined);
  await linkInferredSamples(db, matched);
  return starts.map((_, place) => recorded.get(place)!);
}

type Columns = ReturnType<typeof columnsOf>;

/** `inferred`: its stop was matched with it, now or when the start came before. */
type Inserted = RecordedStart & { place: number; inferred: boolean };

async function insert(
  db: Kysely<Database>,
  rows: readonly ({ place: number } & Columns)[],
): Promise<Inserted[]> {
  const { rows: results } = await sql<Inserted>`
    with given as (
      select * from jsonb_to_recordset(${numbered(rows)}) as g(
        ordinal integer, place integer, charge_point text, connector_id bigint, id_tag text, folded_id_tag text,
        meter_start bigint, started_at timestamptz, reservation_id bigint, received_at timestamptz, id_tag_info jsonb,
        max_active integer, flags jsonb)
    ), known as (
      select g.place, t.transaction_id, t.id_tag_info, ${inferred} as inferred
      from given g join transactions t using (charge_point, connector_id, folded_id_tag, meter_start, started_at)
    ), fresh as (
      select * from given g where not exists (select from known k where k.place = g.place)
    ), judged as (
      select f.*, case when ${concurrent} then jsonb_set(f.id_tag_info, '{status}', '"ConcurrentTx"')
        else f.id_tag_info end as answer
      from fresh f
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
      left join early e on e.place = j.place left join transaction_stops s on s.id = e.stop_id
      on conflict do nothing
      returning *
    ), told as ${tellings}, placed as (
      select j.place, t.transaction_id, t.id_tag_info, ${inferred} as inferred
      from issued t join judged j using (charge_point, connector_id, folded_id_tag, meter_start, started_at)
    ), joined as (
      update transaction_stops s set outcome = 'inferred', transaction_id = p.transaction_id,
        flags = s.flags || '["matchedByInference"]'
      from early e join placed p on p.place = e.place where s.id = e.stop_id
    )
    select place, transaction_id, id_tag_info, inferred, false as created from known
    union all select place, transaction_id, id_tag_info, inferred, true from placed`.execute(db);
  return results;
}

const inferred = sql<boolean>`t.flags ? 'matchedByInference'`;

/**
 * ConcurrentTx (OCPP 1.6, 7.2): the tag charges elsewhere as often as it may. Transactions that were themselves refused do not
 * count, nor does an open one on the same connector, whose stop is merely late. Earlier rows of the batch count as if recorded.
 */
const concurrent = sql<boolean>`
  f.id_tag_info ->> 'status' = 'Accepted' and f.max_active is not null and f.max_active <= (
    select count(*) from transactions t
    where t.folded_id_tag = f.folded_id_tag and t.state = 'active' and t.id_tag_info ->> 'status' = 'Accepted'
      and (t.charge_point <> f.charge_point or t.connector_id <> f.connector_id)
  ) + (
    select count(*) from fresh b
    where b.folded_id_tag = f.folded_id_tag and b.ordinal < f.ordinal and b.id_tag_info ->> 'status' = 'Accepted'
  )`;

/**
 * The stop that came before its start, when exactly one fits: a charge point that got no answer to its start ends the
 * transaction under an id of its own (errata 3.18) and sends the start again later. A stop that we had before the start even
 * happened is not meant, unless the charge point's clock is ahead of ours and cannot be compared with it.
 */
const earlyStops = sql`
  select f.place, min(s.id) as stop_id
  from fresh f join transaction_stops s on s.charge_point = f.charge_point and s.outcome = 'orphan'
  where s.stopped_at >= f.started_at and s.meter_stop >= f.meter_start and not s.flags ? 'foreignTransaction'
    and (s.folded_id_tag is null or s.folded_id_tag = f.folded_id_tag)
    and (s.received_at >= f.started_at or f.started_at > f.received_at)
  group by f.place having count(*) = 1`;

/** An older transaction on the connector is over when another begins; its stop had seven days to arrive. */
const abandon = sql`
  update transactions t set state = 'ended', flags = t.flags || '["abandoned"]'
  from fresh f
  where t.charge_point = f.charge_point and t.connector_id = f.connector_id and t.state = 'active'
    and t.started_at <= f.started_at and t.start_received_at < f.received_at - interval '7 days'
  returning t.*, f.received_at as noticed_at`;

/** Events: what began, what was given up for it, and what began and ended because its stop was here first. */
const tellings = intoOutbox(
  ended("abandoned", "noticed_at"),
  started("(select * from issued order by transaction_id) as i"),
  ended("issued where state = 'ended'", "start_received_at"),
);

function columnsOf(start: TransactionStart) {
  return {
    charge_point: start.chargePoint,
    connector_id: start.connectorId,
    id_tag: start.idTag,
    folded_id_tag: folded(start.idTag),
    meter_start: start.meterStart,
    started_at: start.timestamp,
    reservation_id: start.reservationId,
    received_at: start.receivedAt,
    id_tag_info: start.idTagInfo,
    max_active: start.maxActiveTransactions,
    flags: start.flags,
  };
}
