/**
 * How an event gets into the outbox: as a part of the statement that records the fact, so that neither exists without the other. Here
 * are the parts that those statements share, and the outbox that tells this process's publisher that there is something to number.
 */
import { type RawBuilder, sql } from "kysely";
import type { EventData, EventType } from "./event_types.ts";

/** Rings when this process may have put something into the outbox: rather too often than too seldom. */
export interface OutboxSignal {
  raise(): void;
  /** One listens, the publisher of this process. Returns the way to stop. */
  subscribe(listener: () => void): () => void;
}

/** A outbox that nobody hears yet. */
export function outboxSignal(): OutboxSignal {
  let hear = () => {};
  return {
    raise: () => hear(),
    subscribe: (listener) => {
      hear = listener;
      return () => {
        if (hear === listener) hear = () => {};
      };
    },
  };
}

/** The same work, with a ring when it is over; after an error, too, since its outcome may be unknown. */
export function signalling<Args extends unknown[], Result>(
  { raise }: OutboxSignal,
  work: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return (...args) => work(...args).finally(raise);
}

/** Where the parts of an event stand in the rows of a statement, as SQL; the compiler sees to it that none is missing. */
export interface Told<T extends EventType> {
  readonly chargePoint: string;
  /** The time of the fact by our clock. */
  readonly at: string | RawBuilder<unknown>;
  readonly data: Readonly<Record<keyof EventData<T>, string | RawBuilder<unknown>>>;
}

/** A select of events of one type, for `intoOutbox`. Texts are SQL of ours, never values. */
export function fact<T extends EventType>(type: T, from: string, told: Told<T>): RawBuilder<unknown> {
  const members = Object.entries<string | RawBuilder<unknown>>(told.data).map(([name, value]) =>
    sql`${sql.lit(name)}, ${plain(value)}`
  );
  const data = sql`json_build_object(${sql.join(members)})`;
  return sql`select ${sql.lit(type)}, ${plain(told.chargePoint)}, ${plain(told.at)}, ${data} from ${plain(from)}`;
}

function plain(value: string | RawBuilder<unknown>): RawBuilder<unknown> {
  return typeof value === "string" ? sql.raw(value) : value;
}

/** The insert that a statement has in a CTE of its own, with its parentheses: it runs whether anything refers to it or not. */
export function intoOutbox(...facts: RawBuilder<unknown>[]): RawBuilder<Record<string, never>> {
  return sql`(insert into event_outbox (type, charge_point, at, data) ${sql.join(facts, sql` union all `)})`;
}

/** A timestamptz as the API writes it: RFC 3339 in UTC with milliseconds. */
export function time(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
