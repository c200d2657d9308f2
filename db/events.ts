/**
 * Events, in the order in which they became visible. A statement that records something puts its event rows into the outbox; `publish`
 * moves committed rows into the numbered list. It numbers them under a lock that is held until the commit: a reader that has seen
 * number n never sees a smaller new number later. Numbers rise; gaps have no meaning.
 */
import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import type { OutboxSignal } from "./event_outbox.ts";
import type { EventData, EventType } from "./event_types.ts";
import { recordset } from "./engine/recordset.ts";
import { batched } from "./engine/batched.ts";
import { type Listed, listPage, type Page } from "./engine/list_page.ts";
import type { Database, Row } from "./tables.ts";
import { texts } from "./engine/values.ts";

/** A numbered event. `timestamp` is the time by the Central System's clock; `chargePoint` is the identity that it is about. */
export type PublishedEvent = {
  [T in EventType]: {
    readonly sequence: number;
    readonly type: T;
    readonly timestamp: Date;
    readonly chargePoint: string | null;
    readonly data: EventData<T>;
  };
}[EventType];

/** An event that is stored only as an event: no other row says the same. */
export type NewEvent = Omit<PublishedEvent, "sequence">;

/** The filter of lists. An absent field matches everything, a list matches each of its members. */
export interface EventFilter {
  readonly chargePoints?: readonly string[];
  readonly types?: readonly EventType[];
}

/** The outbox and the numbered list. */
export interface Events {
  /** Batched. Puts an event into the outbox that no other row stands for. */
  record(event: NewEvent): Promise<void>;
  /** Numbers committed event rows, at most `PUBLISHED_AT_ONCE`; returns how many. 0 while another process publishes. */
  publish(now: Date): Promise<number>;
  /** The next events after a number, oldest first. */
  listAfter(sequence: number, filter: EventFilter, limit: number): Promise<PublishedEvent[]>;
  /** By sequence, `oldest` or `newest` first. Throws BadCursor. */
  list(
    filter: EventFilter & { after?: number },
    order: "oldest" | "newest",
    page: Page,
  ): Promise<Listed<PublishedEvent>>;
  /** The largest number in the list, 0 when the list is empty. */
  head(): Promise<number>;
  /** Removes events that were published before, oldest first, with their deliveries, a bounded number; returns how many. */
  prune(before: Date): Promise<number>;
  /** Subscribes to the signal that this process may have filled the outbox. One listener. Returns the function that unsubscribes. */
  onRecorded(listener: () => void): () => void;
}

/** The most events that one statement numbers. */
export const PUBLISHED_AT_ONCE = 1000;

/** The most events that one statement removes. */
const PRUNED_AT_ONCE = 5000;

/** The first key of the advisory lock, an arbitrary number that nothing else uses. The second key stands for the schema. */
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
        with publisher as materialized (
          select pg_try_advisory_xact_lock(${sql.lit(PUBLISHING)}, hashtext(current_schema()::text)) as acquired
        ), moved as (
          delete from event_outbox where id = any(array(
            select id from event_outbox where (select acquired from publisher) order by id limit ${
        sql.lit(PUBLISHED_AT_ONCE)
      }))
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

/** Makes an event from its row. Every row was written with the fields of its type. */
export function eventOf({ sequence, type, at, chargePoint, data }: Omit<Row<"events">, "publishedAt">): PublishedEvent {
  return { sequence, type, timestamp: at, chargePoint, data } as unknown as PublishedEvent;
}
