/**
 * Events, in the order in which they became visible. Whoever records a fact puts its event into the outbox; `publish` moves what is
 * committed into the numbered list. Numbers are given under a lock that is held until they can be seen, so a reader that has
 * seen number n never meets a smaller one later. They rise; a gap means nothing.
 */
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { OutboxSignal } from "./event_outbox.ts";
import type { EventData, EventType } from "./event_types.ts";
import { recordset } from "./engine/recordset.ts";
import { batched } from "./engine/batched.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row } from "./tables.ts";
import { texts } from "./engine/values.ts";

/** An event that is in the world. `timestamp` is when we learned of the fact; `chargePoint` is the identity it is about. */
export type PublishedEvent = {
  [T in EventType]: {
    readonly sequence: number;
    readonly type: T;
    readonly timestamp: Date;
    readonly chargePoint: string | null;
    readonly data: EventData<T>;
  };
}[EventType];

/** An event that is a fact of its own, recorded nowhere else. */
export type NewEvent = Omit<PublishedEvent, "sequence">;

/** Narrows lists. Absent: everything; each list means any of its members. */
export interface EventFilter {
  readonly chargePoints?: readonly string[];
  readonly types?: readonly EventType[];
}

export interface Events {
  /** Gathered. For facts that have no row of their own. */
  record(event: NewEvent): Promise<void>;
  /** Numbers what is committed, at most `PUBLISHED_AT_ONCE`; returns how many. None while another process does it. */
  publish(now: Date): Promise<number>;
  /** The next events after a number, oldest first. */
  listAfter(sequence: number, filter: EventFilter, limit: number): Promise<PublishedEvent[]>;
  /** By sequence, `oldest` or `newest` first. Throws BadCursor. */
  list(
    filter: EventFilter & { after?: number },
    order: "oldest" | "newest",
    page: Page,
  ): Promise<Listed<PublishedEvent>>;
  /** The largest number given so far that can be seen, 0 when there is none. */
  head(): Promise<number>;
  /** Drops the oldest events that were published before, with their deliveries, a bounded number; returns how many. */
  prune(before: Date): Promise<number>;
  /** Calls back when this process may have recorded something that is to be numbered. One listener. Returns the way to stop. */
  onRecorded(listener: () => void): () => void;
}

/** Events that one statement numbers. */
export const PUBLISHED_AT_ONCE = 1000;

/** Events that one statement drops. */
const PRUNED_AT_ONCE = 5000;

/** First key of the advisory lock, any number that nobody else uses; the second one stands for the schema. */
const PUBLISHING = 433_710_013;

/** Builds the repository. */
export function events(db: Kysely<Database>, { subscribe, raise }: OutboxSignal): Events {
  return {
    record: batched((batch: readonly NewEvent[]) => recordEvents(db, batch).finally(raise), {
      maxRows: 500,
      maxInFlight: 1,
    }),

    async publish(now) {
      const { numAffectedRows } = await sql`
        with turn as materialized (
          select pg_try_advisory_xact_lock(${sql.lit(PUBLISHING)}, hashtext(current_schema()::text)) as mine
        ), moved as (
          delete from event_outbox where id = any(array(
            select id from event_outbox where (select mine from turn) order by id limit ${sql.lit(PUBLISHED_AT_ONCE)}))
          returning *
        )
        insert into events (sequence, type, charge_point, at, data, published_at)
        select nextval('event_sequence'), type, charge_point, at, data, ${now}
        from (select * from moved order by id) as committed`.execute(db);
      return Number(numAffectedRows ?? 0n);
    },

    async listAfter(sequence, filter, limit) {
      const rows = await filtered(db, { ...filter, after: sequence }).orderBy("sequence").limit(limit).execute();
      return rows.map(eventOf);
    },

    list: (filter, order, page) => listPage(filtered(db, filter), page, { by: { sequence: "number" }, order }, eventOf),

    async head() {
      const { head } = await db.selectFrom("events").select(sql<number>`coalesce(max(sequence), 0)`.as("head"))
        .executeTakeFirstOrThrow();
      return head;
    },

    async prune(before) {
      const { rows } = await sql`
        with old as (
          delete from events where sequence = any(array(
            select sequence from (
              select sequence, published_at from events order by sequence limit ${sql.lit(PRUNED_AT_ONCE)}) as oldest
            where published_at < ${before}))
          returning sequence
        ), undelivered as (
          update webhooks w set lost_until = greatest(w.lost_until, l.last) from (
            select webhook, max(sequence) as last from webhook_deliveries
            where state = 'pending' and sequence in (select sequence from old) group by webhook) as l
          where w.id = l.webhook
        ), forgotten as (
          delete from webhook_deliveries where sequence in (select sequence from old)
        )
        select sequence from old`.execute(db);
      return rows.length;
    },

    onRecorded: subscribe,
  };
}

function filtered(db: Kysely<Database>, { chargePoints, types, after }: EventFilter & { after?: number }) {
  let query = db.selectFrom("events").selectAll() as SelectQueryBuilder<Database, "events", Row<"events">>;
  if (chargePoints) query = query.where(sql<boolean>`charge_point = any(${texts(chargePoints)})`);
  if (types) query = query.where(sql<boolean>`type = any(${texts(types)})`);
  if (after !== undefined) query = query.where("sequence", ">", after);
  return query;
}

const given = recordset({ type: "text", chargePoint: "text", at: "timestamptz", data: "json" });

async function recordEvents(db: Kysely<Database>, batch: readonly NewEvent[]): Promise<void[]> {
  const rows = batch.map((event) => ({ ...event, at: event.timestamp }));
  await sql`
    insert into event_outbox (${given.names}) select ${given.values} from ${given.from(rows)} order by ordinal`
    .execute(db);
  return batch.map(() => undefined);
}

/** Rows are written by the list of types alone, so their `data` is what the type says. */
export function eventOf({ sequence, type, at, chargePoint, data }: Omit<Row<"events">, "publishedAt">): PublishedEvent {
  return { sequence, type, timestamp: at, chargePoint, data } as unknown as PublishedEvent;
}
