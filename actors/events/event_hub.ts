/**
 * Where events are told and read. Readers pull: each has a position and asks for what comes next, from the latest events in memory or, when it
 * is further behind, from the database. So a slow reader costs nothing but its position, and no client can make the process keep more than a
 * fixed number of events.
 */
import type { EventFilter, Events, NewEvent, PublishedEvent } from "../../db/events.ts";
import type { Store } from "../../db/store.ts";
import { type ActorSystem, AskTimeout, PERMANENT, type Ref } from "../runtime/actor.ts";
import type { Signals } from "../runtime/signals.ts";
import { type EventMail, EventPublisher, type Portion, READ_AT_ONCE } from "./event_publisher.ts";

/** An event as the API and the webhooks show it. */
export function shown({ sequence, type, timestamp, chargePoint, data }: PublishedEvent) {
  return { sequence, type, timestamp: timestamp.toISOString(), chargePoint, data };
}

/** A reader of events. Ends by `close`, or with all others at shutdown. */
export interface EventReader {
  /** The number up to which it has read. */
  readonly position: number;
  /** The next events, oldest first and at least one; waits for them. Null: it has ended. Never called twice at once. */
  next(): Promise<readonly PublishedEvent[] | null>;
  close(): void;
}

/** How long a reader waits before it asks anew: should the actor be restarted, it has forgotten its readers. */
const ASK_AGAIN_MS = 60_000;

export class EventHub {
  readonly #publisher: Ref<EventMail>;

  /** `eventsPublished` is told to `signals` whenever events were published, here or elsewhere. */
  constructor(
    system: ActorSystem,
    readonly store: Store,
    options: { readonly retentionDays: number; readonly signals: Signals },
  ) {
    const ports = { ...options, events: store.events, log: system.log };
    this.#publisher = system.spawn<EventMail>("events", (context) => new EventPublisher(context, ports), {
      ...PERMANENT,
      drains: true,
    });
  }

  /** Records an event that has no row of its own, in the background and as soon as the database takes it. Never throws. */
  tell(event: NewEvent): void {
    this.#publisher.tell({ kind: "told", event });
  }

  /** Opens a reader behind a number, or behind what is published so far. */
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
      const portion = await this.#portion();
      if (portion === undefined) continue;
      if (portion === null) return null;
      const events = portion.kind === "read"
        ? portion.events
        : await this.events.listAfter(this.position, this.filter, READ_AT_ONCE);
      this.position = portion.kind === "read" ? portion.upTo : events.at(-1)?.sequence ?? portion.upTo;
      if (events.length > 0) return events;
    }
    return null;
  }

  /** Undefined: there is nothing new. */
  async #portion(): Promise<Portion | undefined> {
    const { position, filter } = this;
    try {
      return await this.publisher.ask<Portion>(
        (reply) => ({ kind: "readerWaits", reader: this.#id, position, filter, reply }),
        ASK_AGAIN_MS,
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
