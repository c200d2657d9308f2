/**
 * The actor of the events. It publishes the rows of the outbox by giving them sequence numbers, records events that no statement records, and
 * answers readers from the latest events in memory.
 */
import {
  type EventFilter,
  type Events,
  type NewEvent,
  PUBLISHED_AT_ONCE,
  type PublishedEvent,
} from "../../db/events.ts";
import type { Actor, Context, Reply, Source } from "../runtime/actor.ts";
import type { Log } from "../runtime/log.ts";
import type { Signals } from "../runtime/signals.ts";

/** Events in one batch for a reader, at most. */
export const READ_MAX = 500;

/** Events that are recorded within this time are published together, to bound the number of statements. */
const BATCH_DELAY_MS = 50;

/** Interval of checks for events that another process recorded or published, or left unpublished when it died. */
const CHECK_INTERVAL_MS = 1000;

/** The latest events in memory, at most. */
const LATEST_MAX = 2000;

const TIDY_INTERVAL_MS = 3_600_000;

/** Events that may wait for the database, at most; more are dropped. */
const UNWRITTEN_MAX = 20_000;

/** The answer to a reader: events up to a sequence number. `behind`: they are in the database, at least up to this number. Null: it has ended. */
export type Batch =
  | { readonly kind: "read"; readonly events: readonly PublishedEvent[]; readonly upTo: number }
  | { readonly kind: "behind"; readonly upTo: number }
  | null;

/** A reader waits for the events after its position. */
export interface Waiting {
  readonly kind: "readerWaits";
  readonly reader: string;
  readonly position: number;
  readonly filter: EventFilter;
  readonly reply: Reply<Batch>;
}

/** `recorded`: there is a new row in the outbox. `recordDue`: an event that no statement records. */
export type EventMail =
  | { readonly kind: "recorded" | "publishDue" | "checkDue" | "tidyDue" }
  | { readonly kind: "recordDue" | "written" | "notWritten"; readonly event: NewEvent }
  | { readonly kind: "readerClosed"; readonly reader: string }
  | Waiting;

/** The parts of the app that the actor uses. */
export interface PublisherApp {
  readonly events: Events;
  readonly log: Log;
  readonly signals: Signals;
  readonly retentionDays: number;
}

/** The actor itself; `EventHub` is its interface. */
export class EventPublisher implements Actor<EventMail> {
  /** Readers by id; null: it does not wait. */
  readonly #readers = new Map<string, Waiting | null>();
  /** The events after `#floor`, as of the last time when the actor read them. */
  #latest: PublishedEvent[] = [];
  #floor: number | null = null;
  /** Events that are not recorded yet, with the attempt that is under way; null: the next check retries it. */
  readonly #unwritten = new Map<NewEvent, Promise<void> | null>();

  constructor(readonly context: Context<EventMail>, readonly app: PublisherApp) {
    const outbox: Source<void> = { listen: (listener) => app.events.onRecorded(() => listener()) };
    context.subscribe(outbox, () => ({ kind: "recorded" }), { key: () => "recorded" });
    context.every(CHECK_INTERVAL_MS, { kind: "checkDue" }, 0);
    context.every(TIDY_INTERVAL_MS, { kind: "tidyDue" }, 0);
  }

  async receive(mail: EventMail): Promise<void> {
    try {
      await this.#handle(mail);
    } catch (error) {
      this.app.log.warn("Events could not be published; retrying soon", { error });
    }
  }

  #handle(mail: EventMail): void | Promise<void> {
    switch (mail.kind) {
      case "recorded":
        return void this.context.after(BATCH_DELAY_MS, { kind: "publishDue" }, "publish");
      case "publishDue":
        return this.#publish(false);
      case "checkDue":
        this.#retryRecords();
        return this.#publish(true);
      case "tidyDue":
        return this.#tidy();
      case "recordDue":
        return this.#unwritten.size < UNWRITTEN_MAX ? this.#record(mail.event) : undefined;
      case "written":
        return void this.#unwritten.delete(mail.event);
      case "notWritten":
        return void this.#unwritten.set(mail.event, null);
      case "readerWaits":
        return this.#readerWaits(mail);
      case "readerClosed":
        this.#readers.get(mail.reader)?.reply(null);
        return void this.#readers.delete(mail.reader);
    }
  }

  /** Records and publishes the last events, so that they do not wait for the next start. */
  async stopped(): Promise<void> {
    const { events } = this.app;
    const written = [...this.#unwritten].map(([event, recording]) =>
      (recording ?? Promise.reject()).catch(() => events.record(event))
    );
    await Promise.allSettled(written);
    await events.publish(this.context.clock.now()).catch(() => {});
    for (const waiting of this.#readers.values()) waiting?.reply(null);
  }

  #record(event: NewEvent): void {
    const recording = this.app.events.record(event);
    this.#unwritten.set(event, recording);
    this.context.pipe(recording, () => ({ kind: "written", event }), () => ({ kind: "notWritten", event }));
  }

  /** Retries the events that could not be recorded. */
  #retryRecords(): void {
    for (const [event, recording] of this.#unwritten) if (recording === null) this.#record(event);
  }

  async #publish(isCheck: boolean): Promise<void> {
    let published = 0;
    for (let n = PUBLISHED_AT_ONCE; n === PUBLISHED_AT_ONCE; published += n) {
      n = await this.app.events.publish(this.context.clock.now());
    }
    if (published === 0 && !isCheck) return;
    await this.#readLatest();
    this.app.signals.publish({ kind: "eventsPublished" });
  }

  /** Reads the new events, once for all readers. */
  async #readLatest(): Promise<void> {
    const { events } = this.app;
    if (this.#readers.size === 0) {
      this.#latest = [];
      this.#floor = null;
      return;
    }
    this.#floor ??= await events.head();
    for (let n = READ_MAX; n === READ_MAX;) {
      const fresh = await events.listAfter(this.#latest.at(-1)?.sequence ?? this.#floor, {}, READ_MAX);
      n = fresh.length;
      this.#latest.push(...fresh);
      if (this.#latest.length > LATEST_MAX) {
        const dropped = this.#latest.splice(0, this.#latest.length - LATEST_MAX);
        this.#floor = dropped.at(-1)!.sequence;
      }
    }
    for (const waiting of this.#readers.values()) if (waiting) this.#answer(waiting, this.#floor);
  }

  async #readerWaits(waiting: Waiting): Promise<void> {
    this.#readers.set(waiting.reader, waiting);
    this.#floor ??= await this.app.events.head();
    this.#answer(waiting, this.#floor);
  }

  /** Answers a reader if there are events for it; otherwise it goes on waiting. */
  #answer({ reader, position, filter, reply }: Waiting, floor: number): void {
    const upTo = position < floor ? floor : Math.max(position, this.#latest.at(-1)?.sequence ?? floor);
    if (upTo === position) return;
    this.#readers.set(reader, null);
    if (position < floor) return reply({ kind: "behind", upTo });
    const read = this.#latest.findLastIndex(({ sequence }) => sequence <= position) + 1;
    reply({ kind: "read", events: this.#latest.slice(read).filter((event) => matches(event, filter)), upTo });
  }

  async #tidy(): Promise<void> {
    const keptFrom = new Date(this.context.clock.now().getTime() - this.app.retentionDays * 86_400_000);
    while (await this.app.events.prune(keptFrom) > 0);
  }
}

function matches({ chargePoint, type }: PublishedEvent, { chargePoints, types }: EventFilter): boolean {
  return (!chargePoints || (chargePoint !== null && chargePoints.includes(chargePoint))) &&
    (!types || types.includes(type));
}
