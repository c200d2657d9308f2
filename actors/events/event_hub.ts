/**
 * The publisher: numbers what the statements have put into the outbox and wakes whoever reads. Readers pull: each has a position and asks for
 * what comes next, from the latest events in memory or, when it is further behind, from the database. So a slow reader costs nothing but
 * its position, and nobody can make us keep more than a fixed number of events.
 */
import type { EventFilter, Events as StoredEvents, NewEvent, PublishedEvent } from "../../db/events.ts";
import { PUBLISHED_AT_ONCE } from "../../db/events.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem } from "../runtime/actor.ts";

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

/** What the hub is told besides. */
export interface EventOptions {
  readonly retentionDays: number;
}

/** Facts of one moment are numbered together, so that numbering never keeps the database busy by itself. */
const GATHER_MS = 50;

/** How often is looked for what another process has recorded or published, or left behind when it died. */
const LOOK_EVERY_MS = 1000;

/** The latest events, kept for readers that are up to date. */
const LATEST_MAX = 2000;

/** Events that a reader gets at once. */
const READ_AT_ONCE = 500;

const TIDY_EVERY_MS = 3_600_000;

/** Facts without a row of their own that may wait for the database. */
const UNWRITTEN_MAX = 20_000;

type EventMail = "publish" | "look" | "tidy";

export class EventHub {
  readonly #events: StoredEvents;
  readonly #readers = new Set<Reader>();
  readonly #listeners = new Set<() => void>();
  /** Everything behind `#floor` is in `#latest`, up to the last time we read. */
  #latest: PublishedEvent[] = [];
  #floor: number | null = null;
  #planned = false;
  #ended = false;
  readonly #unwritten = new Set<NewEvent>();
  readonly #recording = new Set<Promise<void>>();
  #plan: (ms: number) => void = () => {};

  constructor(readonly system: ActorSystem, readonly store: Store, readonly options: EventOptions) {
    this.#events = store.events;
    system.spawn<EventMail>("events", (context) => {
      this.#planned = false;
      this.#plan = (ms) => void context.after(ms, "publish");
      context.after(0, "look");
      context.after(0, "tidy");
      return {
        receive: async (mail) => {
          if (mail === "look") context.after(LOOK_EVERY_MS, "look");
          if (mail === "tidy") context.after(TIDY_EVERY_MS, "tidy");
          await this.#work(mail).catch((error) => system.log.warn("Events could not be published yet", { error }));
        },
        stopped: () => this.#end(),
      };
    }, { restartsPerMinute: 60 });
    this.#events.onRecorded(() => this.#publishSoon());
  }

  /** Records a fact that has no row of its own, in the background and as soon as the database takes it. Never throws. */
  tell(event: NewEvent): void {
    if (this.#ended || this.#unwritten.size >= UNWRITTEN_MAX) return;
    this.#unwritten.add(event);
    void this.#record(event);
  }

  #record(event: NewEvent): Promise<void> {
    const recording = this.#events.record(event)
      .then(() => void this.#unwritten.delete(event), () => {/* stays unwritten, and is tried again */})
      .finally(() => this.#recording.delete(recording));
    this.#recording.add(recording);
    return recording;
  }

  /** What an outage has left behind. */
  async #recordAgain(): Promise<void> {
    if (this.#recording.size === 0) await Promise.all([...this.#unwritten].map((event) => this.#record(event)));
  }

  /** Calls back whenever events were published, here or elsewhere. Returns the way to stop that. */
  onPublished(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Opens a reader behind a number, or behind what is published so far. */
  async read(filter: EventFilter, after?: number): Promise<EventReader> {
    this.#floor ??= await this.#events.head();
    const reader = new Reader(this, filter, after ?? await this.#events.head());
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** What a reader may take now: everything behind its position that it wants, and how far that reaches. */
  async after(position: number, filter: EventFilter): Promise<{ events: PublishedEvent[]; upTo: number }> {
    const floor = this.#floor ?? position;
    if (position >= floor) {
      const read = this.#latest.findLastIndex(({ sequence }) => sequence <= position) + 1;
      const events = this.#latest.slice(read).filter((event) => matches(event, filter));
      return { events, upTo: Math.max(position, this.#latest.at(-1)?.sequence ?? floor) };
    }
    const events = await this.#events.listAfter(position, filter, READ_AT_ONCE);
    // Whatever is at or below the floor could be seen by that query.
    return { events, upTo: events.at(-1)?.sequence ?? floor };
  }

  /** A reader that has ended. */
  forget(reader: Reader): void {
    this.#readers.delete(reader);
  }

  #publishSoon(): void {
    if (this.#planned || this.#ended) return;
    this.#planned = true;
    this.#plan(GATHER_MS);
  }

  async #work(mail: EventMail): Promise<void> {
    if (mail === "tidy") return await this.#tidy();
    if (mail === "publish") this.#planned = false;
    else await this.#recordAgain();
    let published = 0;
    for (let n = PUBLISHED_AT_ONCE; n === PUBLISHED_AT_ONCE; published += n) {
      n = await this.#events.publish(this.system.clock.now());
    }
    if (published > 0 || mail === "look") await this.#readLatest();
    if (published > 0 || mail === "look") { for (const hear of this.#listeners) hear(); }
  }

  /** Reads what is new, once for all readers. Without any, there is nothing to read for. */
  async #readLatest(): Promise<void> {
    if (this.#readers.size === 0) {
      this.#latest = [];
      this.#floor = null;
      return;
    }
    this.#floor ??= await this.#events.head();
    for (let n = READ_AT_ONCE; n === READ_AT_ONCE;) {
      const fresh = await this.#events.listAfter(this.#latest.at(-1)?.sequence ?? this.#floor, {}, READ_AT_ONCE);
      n = fresh.length;
      this.#latest.push(...fresh);
      if (this.#latest.length > LATEST_MAX) {
        const dropped = this.#latest.splice(0, this.#latest.length - LATEST_MAX);
        this.#floor = dropped.at(-1)!.sequence;
      }
    }
    for (const reader of this.#readers) reader.wake();
  }

  async #tidy(): Promise<void> {
    const keptFrom = new Date(this.system.clock.now().getTime() - this.options.retentionDays * 86_400_000);
    while (await this.#events.prune(keptFrom) > 0);
  }

  /** The last facts are still numbered, so that nobody has to wait for them until the next start. */
  async #end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#recording);
    await this.#recordAgain();
    await this.#events.publish(this.system.clock.now()).catch(() => {});
    for (const reader of [...this.#readers]) reader.end();
  }
}

class Reader implements EventReader {
  #hear: (() => void) | null = null;
  #woken = false;
  #ended = false;

  constructor(readonly hub: EventHub, readonly filter: EventFilter, public position: number) {}

  async next(): Promise<readonly PublishedEvent[] | null> {
    while (!this.#ended) {
      this.#woken = false;
      const { events, upTo } = await this.hub.after(this.position, this.filter);
      const moved = upTo > this.position;
      this.position = upTo;
      if (events.length > 0) return events;
      if (!moved && !this.#woken && !this.#ended) await new Promise<void>((resolve) => this.#hear = resolve);
    }
    return null;
  }

  wake(): void {
    this.#woken = true;
    this.#hear?.();
    this.#hear = null;
  }

  end(): void {
    this.#ended = true;
    this.hub.forget(this);
    this.wake();
  }

  close(): void {
    this.end();
  }
}

function matches({ chargePoint, type }: PublishedEvent, { chargePoints, types }: EventFilter): boolean {
  return (!chargePoints || (chargePoint !== null && chargePoints.includes(chargePoint))) &&
    (!types || types.includes(type));
}
