/**
 * The transactional outbox of events. The statement that records something also inserts its event rows, so that neither is stored
 * without the other. This file has the SQL that those statements share, and the signal that wakes the publisher of this process.
 */
import { type RawBuilder, sql } from "kysely";
import type { EventData, EventType } from "./event_types.ts";

/** The signal that this process may have put event rows into the outbox. It may be raised without a reason, but never too seldom. */
export interface OutboxSignal {
  raise(): void;
  /** Sets the one listener: the publisher of this process. Returns a function that removes it. */
  subscribe(listener: () => void): () => void;
}

/** Makes a signal without a listener. */
export function outboxSignal(): OutboxSignal {
  const ignore = () => {};
  let notify = ignore;
  return {
    raise: () => notify(),
    subscribe: (listener) => {
      notify = listener;
      return () => {
        if (notify === listener) notify = ignore;
      };
    },
  };
}

/** Wraps `work` so that it raises the signal at its end; after an error, too, because the statement may have committed. */
export function signalling<Args extends unknown[], Result>(
  { raise }: OutboxSignal,
  work: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return (...args) => work(...args).finally(raise);
}

/** The SQL expressions for the parts of an event, over the rows of a statement. The type requires every field of `data`. */
export interface EventColumns<T extends EventType> {
  readonly chargePoint: string;
  /** The time of the event by the Central System's clock. */
  readonly at: string | RawBuilder<unknown>;
  readonly data: Readonly<Record<keyof EventData<T>, string | RawBuilder<unknown>>>;
}

/** A select of event rows of one type, for `intoOutbox`. Strings are SQL from the source code, never values. */
export function eventRows<T extends EventType>(type: T, from: string, columns: EventColumns<T>): RawBuilder<unknown> {
  const members = Object.entries<string | RawBuilder<unknown>>(columns.data).map(([name, value]) =>
    sql`${sql.lit(name)}, ${plain(value)}`
  );
  const data = sql`json_build_object(${sql.join(members)})`;
  return sql`select ${sql.lit(type)}, ${plain(columns.chargePoint)}, ${plain(columns.at)}, ${data} from ${plain(from)}`;
}

function plain(value: string | RawBuilder<unknown>): RawBuilder<unknown> {
  return typeof value === "string" ? sql.raw(value) : value;
}

/** The insert of event rows, with parentheses, for a CTE of its own. PostgreSQL runs it even when nothing refers to the CTE. */
export function intoOutbox(...selects: RawBuilder<unknown>[]): RawBuilder<Record<string, never>> {
  return sql`(insert into event_outbox (type, charge_point, at, data) ${sql.join(selects, sql` union all `)})`;
}

/** A timestamptz as text in the format of the API: RFC 3339 in UTC with milliseconds. */
export function time(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
