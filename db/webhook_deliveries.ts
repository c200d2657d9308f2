/**
 * Deliveries of events to webhooks, and their outcomes. A process takes a delivery with a lease: two processes do not send it at the same
 * time, and when the process dies another one sends it again, with the same webhook-id. A lane has the deliveries of one charge point.
 * In each lane only the oldest pending delivery can be taken: a failing delivery holds back only later ones of the same charge point.
 */
import { type Kysely, sql } from "kysely";
import { eventOf, type PublishedEvent } from "./events.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row } from "./tables.ts";
import { without } from "./engine/values.ts";
import { secretsOf, type WebhookSecrets } from "./webhooks.ts";

/** The delivery of one event to one webhook. */
export type Delivery = Omit<Row<"webhookDeliveries">, "webhook" | "lane" | "leasedUntil"> & {
  chargePoint: string | null;
};

/** A delivery that the caller has leased and must send now. */
export interface TakenDelivery extends WebhookSecrets {
  webhook: string;
  url: string;
  event: PublishedEvent;
}

/** How an attempt ended. `status` is null without an HTTP answer; `error` is null when the receiver accepted the delivery. */
export interface AttemptOutcome {
  readonly status: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
  /** The receiver's Retry-After. */
  readonly retryAfterSeconds?: number;
  /** The receiver answered 410: the webhook is disabled. */
  readonly gone?: boolean;
}

/** The deliveries by webhook and event number. */
export interface WebhookDeliveries {
  /** Makes the deliveries of events after each webhook's position, a bounded number; returns whether there were such events. */
  plan(now: Date): Promise<boolean>;
  /** Leases deliveries that are due, at most `limit`. Each must be settled within `LEASE_SECONDS`. */
  take(limit: number, now: Date): Promise<TakenDelivery[]>;
  /** Records the outcome of an attempt. After a failed one, a delivery that was made before `giveUpBefore` is skipped. */
  settle(webhook: string, sequence: number, outcome: AttemptOutcome, giveUpBefore: Date, now: Date): Promise<void>;
  /** When the next delivery is due that is not leased; undefined when there is none. */
  nextDueAt(): Promise<Date | undefined>;
  /** Skips pending deliveries that were made before; returns how many. */
  skip(before: Date, now: Date): Promise<number>;
  /** The deliveries of one webhook, newest first. Throws BadCursor. */
  list(webhook: string, filter: { state?: Delivery["state"] }, page: Page): Promise<Listed<Delivery>>;
}

/** The duration of a lease, longer than any attempt may take. */
export const LEASE_SECONDS = 30;

/** The most concurrent requests to one webhook; a failing webhook gets one at a time. */
export const WIDTH = 8;

/** The number of failed attempts in a row, of any deliveries, after which the webhook counts as failing. */
export const FAILING_AFTER = 5;

/** The most events for which one statement makes deliveries, for each webhook. */
const PLANNED_AT_ONCE = 500;

/** The back-off: the wait after the first failure, which doubles with each further failure, and the longest wait. */
const FIRST_WAIT_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 3600;

type Taken =
  & Omit<Row<"events">, "publishedAt">
  & Pick<Row<"webhooks">, "url" | "secret" | "previousSecret" | "previousSecretUntil">
  & { webhook: string };

/** Builds the repository. */
export function webhookDeliveries(db: Kysely<Database>): WebhookDeliveries {
  return {
    plan: (now) => plan(db, now),

    async take(limit, now) {
      const { rows } = await takeDue(limit, now).execute(db);
      return rows.map((row) => ({ webhook: row.webhook, url: row.url, event: eventOf(row), ...secretsOf(row, now) }));
    },

    settle: (webhook, sequence, outcome, giveUpBefore, now) =>
      outcome.error === null
        ? delivered(db, webhook, sequence, outcome, now)
        : failed(db, webhook, sequence, outcome, giveUpBefore, now),

    async nextDueAt() {
      const { rows: [next] } = await sql<{ dueAt: Date | null }>`
        select min(greatest(h.next_attempt_at, h.leased_until)) as due_at
        from webhooks w join (${heads}) as h on h.webhook = w.id`.execute(db);
      return next?.dueAt ?? undefined;
    },

    async skip(before, now) {
      const { numUpdatedRows } = await db.updateTable("webhookDeliveries")
        .set({ state: "skipped", settledAt: now, leasedUntil: null })
        .where("state", "=", sql.lit("pending")).where("createdAt", "<", before).executeTakeFirst();
      return Number(numUpdatedRows);
    },

    list: (webhook, filter, page) =>
      listPage(
        db.selectFrom("webhookDeliveries").selectAll(),
        page,
        { by: { sequence: "number" }, where: { webhook, ...filter } },
        deliveryOf,
      ),
  };
}

/** The oldest pending delivery of each lane. The recursion jumps from lane to lane in the index and does not read the others. */
const heads = sql`
  select w.id as webhook, h.* from webhooks w cross join lateral (
    with recursive lanes as (
      (select lane, sequence, next_attempt_at, leased_until from webhook_deliveries
        where webhook = w.id and state = 'pending' order by lane, sequence limit 1)
      union all
      select n.* from lanes l cross join lateral (
        select lane, sequence, next_attempt_at, leased_until from webhook_deliveries
        where webhook = w.id and state = 'pending' and lane > l.lane order by lane, sequence limit 1) as n
    ) select * from lanes) as h
  where w.enabled`;

/** Several processes may plan at the same time: each webhook is locked by one of them, and existing rows do not change. */
async function plan(db: Kysely<Database>, now: Date): Promise<boolean> {
  const { rows } = await sql`
    with behind as (
      select * from webhooks where enabled and position < (select coalesce(max(sequence), 0) from events)
      for update skip locked
    ), ahead as (
      select w.id, w.types, w.charge_points, e.sequence, e.type, e.charge_point
      from behind w cross join lateral (
        select sequence, type, charge_point from events where sequence > w.position
        order by sequence limit ${sql.lit(PLANNED_AT_ONCE)}) as e
    ), planned as (
      insert into webhook_deliveries (webhook, sequence, lane, type, state, created_at, next_attempt_at)
      select id, sequence, coalesce(charge_point, ''), type, 'pending', ${now}::timestamptz, ${now}::timestamptz from ahead
      where (types = '[]' or types ? type) and (charge_points = '[]' or charge_points ? charge_point)
      on conflict do nothing
    )
    update webhooks w set position = a.last,
      lost_until = case when w.position < a.first - 1 and a.first = (select min(sequence) from events)
        then a.first - 1 else w.lost_until end
    from (select id, min(sequence) as first, max(sequence) as last from ahead group by id) as a where w.id = a.id
    returning w.id`.execute(db);
  return rows.length > 0;
}

function takeDue(limit: number, now: Date) {
  return sql<Taken>`
    with ready as (
      select id, case when failing_since is null then ${sql.lit(WIDTH)} else 1 end as width from webhooks where enabled
    ), heads as (${heads}
    ), waiting as (
      select h.webhook, h.sequence, row_number() over (partition by h.webhook order by h.sequence) as place,
        r.width - (select count(*) from heads b where b.webhook = h.webhook and b.leased_until > ${now}) as free
      from heads h join ready r on r.id = h.webhook
      where (h.leased_until is null or h.leased_until <= ${now}) and h.next_attempt_at <= ${now}
    ), mine as (
      select d.webhook, d.sequence from webhook_deliveries d join waiting t using (webhook, sequence)
      where t.place <= t.free and d.state = 'pending' and (d.leased_until is null or d.leased_until <= ${now})
      order by d.sequence limit ${limit}::bigint for update of d skip locked
    ), taken as (
      update webhook_deliveries d set attempts = d.attempts + 1, last_attempt_at = ${now},
        leased_until = ${now}::timestamptz + make_interval(secs => ${sql.lit(LEASE_SECONDS)})
      from mine m where d.webhook = m.webhook and d.sequence = m.sequence returning d.webhook, d.sequence
    )
    select t.webhook, e.sequence, e.type, e.charge_point, e.at, e.data, w.url, w.secret, w.previous_secret,
      w.previous_secret_until
    from taken t join events e using (sequence) join webhooks w on w.id = t.webhook order by e.sequence`;
}

/** Records a success. A webhook that was failing gets all waiting deliveries without further delay. */
async function delivered(
  db: Kysely<Database>,
  webhook: string,
  sequence: number,
  { status, latencyMs }: AttemptOutcome,
  now: Date,
): Promise<void> {
  await sql`
    with waiting as (
      update webhook_deliveries d set next_attempt_at = ${now} from webhooks w
      where w.id = ${webhook} and w.failing_since is not null and d.webhook = w.id and d.sequence <> ${sequence}::bigint
        and d.state = 'pending' and d.next_attempt_at > ${now}
    ), works as (
      update webhooks set failures = 0, failing_since = null, last_error = null
      where id = ${webhook} and (failures > 0 or last_error is not null)
    )
    update webhook_deliveries set state = 'delivered', leased_until = null, last_status = ${status}::integer,
      last_error = null, latency_ms = ${Math.round(latencyMs)}::integer, settled_at = ${now}
    where webhook = ${webhook} and sequence = ${sequence}::bigint and state = 'pending'`.execute(db);
}

/** Records a failure: the delivery, and its lane with it, waits longer each time. Other lanes go on. */
async function failed(
  db: Kysely<Database>,
  webhook: string,
  sequence: number,
  { status, error, latencyMs, retryAfterSeconds = 0, gone = false }: AttemptOutcome,
  giveUpBefore: Date,
  now: Date,
): Promise<void> {
  const asked = Math.min(retryAfterSeconds, LONGEST_WAIT_SECONDS);
  await sql`
    with tried as (
      update webhook_deliveries set
        state = case when created_at < ${giveUpBefore} then 'skipped' else 'pending' end,
        settled_at = case when created_at < ${giveUpBefore} then ${now}::timestamptz end,
        leased_until = null, last_status = ${status}::integer, last_error = ${error},
        latency_ms = ${Math.round(latencyMs)}::integer, next_attempt_at = ${now}::timestamptz + ${waitAfter(asked)}
      where webhook = ${webhook} and sequence = ${sequence}::bigint and state = 'pending'
    )
    update webhooks set failures = failures + 1, last_error = ${error}, enabled = enabled and not ${gone}::boolean,
      failing_since = case when failures + 1 >= ${
    sql.lit(FAILING_AFTER)
  } then coalesce(failing_since, ${now}::timestamptz) end
    where id = ${webhook}`.execute(db);
}

/** The wait after a failure: 5 s after the first one, twice as long after each further one, at most one hour. */
function waitAfter(atLeastSeconds: number) {
  const doubled = sql`least(${sql.lit(FIRST_WAIT_SECONDS)} * 2 ^ least(attempts - 1, 20), ${
    sql.lit(LONGEST_WAIT_SECONDS)
  })`;
  return sql`make_interval(secs => greatest(${doubled}, ${atLeastSeconds}::double precision))`;
}

function deliveryOf(row: Row<"webhookDeliveries">): Delivery {
  return { ...without(row, "webhook", "leasedUntil", "lane"), chargePoint: row.lane === "" ? null : row.lane };
}
