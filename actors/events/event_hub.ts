/**
 * Records and reads events. A reader pulls: it has a position and asks for the next events. They come from the latest events in memory or, if the
 * reader is further behind, from the database. So a slow reader needs no memory but its position, and the number of events in memory
 * is limited.
 */
import type { EventFilter, Events, NewEvent, PublishedEvent } from "../../db/events.ts";
import type { Store } from "../../db/store.ts";
import { type ActorSystem, AskTimeout, PERMANENT, type Ref } from "../runtime/actor.ts";
import type { Signals } from "../runtime/signals.ts";
import { type Batch, type EventMail, EventPublisher, READ_MAX } from "./event_publisher.ts";

/** An event as it is sent by the API and to webhooks. */
export function shown({ sequence, type, timestamp, chargePoint, data }: PublishedEvent) {
  return { sequence, type, timestamp: timestamp.toISOString(), chargePoint, data };
}

/** A reader of events. It ends with `close`, or at the shutdown. */
export interface EventReader {
  /** The sequence number of the last event that it has read. */
  readonly position: number;
  /** Waits for the next events and returns them, oldest first and at least one. Null: the reader has ended. One call at a time. */
  next(): Promise<readonly PublishedEvent[] | null>;
  close(): void;
}

/** After this time a reader asks again, because a restarted actor has lost its waiting readers. */
const ASK_TIMEOUT_MS = 60_000;

/** The interface of the events actor. */
export class EventHub {
  readonly #publisher: Ref<EventMail>;

  /** Publishes the signal `eventsPublished` whenever events were published by this or another process. */
  constructor(
    system: ActorSystem,
    readonly store: Store,
    options: { readonly retentionDays: number; readonly signals: Signals },
  ) {
    const app = { ...options, events: store.events, log: system.log };
    this.#publisher = system.spawn<EventMail>("events", (context) => new EventPublisher(context, app), {
      ...PERMANENT,
      drains: true,
    });
  }

  /** Records an event that no statement records, such as a connection. It is retried until the database answers. Never throws. */
  record(event: NewEvent): void {
    this.#publisher.tell({ kind: "recordDue", event });
  }

  /** Opens a reader for the events after a sequence number, by default for those that are published from now on. */
  async read(filter: EventFilter, after?: number): Promise<EventReader> {
    return new Reader(this.#publisher, this.store.events, filter, after ?? await this.store.events.head());
  }
}

class Reader implements EventReader {
  readonly #id = crypto.randomUUID();
  #isClosed = false;

  constructor(
    readonly publisher: Ref<EventMail>,
    readonly events: Events,
    readonly filter: EventFilter,
    public position: number,
  ) {}

  async next(): Promise<readonly PublishedEvent[] | null> {
    while (!this.#isClosed) {
      const batch = await this.#nextBatch();
      if (batch === undefined) continue;
      if (batch === null) return null;
      const events = batch.kind === "read"
        ? batch.events
        : await this.events.listAfter(this.position, this.filter, READ_MAX);
      this.position = batch.kind === "read" ? batch.upTo : events.at(-1)?.sequence ?? batch.upTo;
      if (events.length > 0) return events;
    }
    return null;
  }

  /** Waits for the next batch. Undefined: there was none in time. */
  async #nextBatch(): Promise<Batch | undefined> {
    const { position, filter } = this;
    try {
      return await this.publisher.ask<Batch>(
        (reply) => ({ kind: "readerWaits", reader: this.#id, position, filter, reply }),
        ASK_TIMEOUT_MS,
      );
    } catch (error) {
      return error instanceof AskTimeout ? undefined : null;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.publisher.tell({ kind: "readerClosed", reader: this.#id });
  }
}
