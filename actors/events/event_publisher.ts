/**
 * The actor behind the event hub: numbers what the statements have put into the outbox, records events that have no row of their own, and answers
 * readers from the latest events in memory. It waits for nothing but the database.
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

/** Events that a reader gets at once. */
export const READ_AT_ONCE = 500;

/** Facts of one moment are numbered together, so that numbering never keeps the database busy by itself. */
const GATHER_MS = 50;

/** How often the actor looks for what another process has recorded or published, or left behind when it died. */
const LOOK_EVERY_MS = 1000;

/** The latest events, kept for readers that are up to date. */
const LATEST_MAX = 2000;

const TIDY_EVERY_MS = 3_600_000;

/** Facts without a row of their own that may wait for the database. */
const UNWRITTEN_MAX = 20_000;

/** What a reader gets: events and how far they reach. `behind`: what it wants is in the database, up to this number at least. Null: it has ended. */
export type Portion =
  | { readonly kind: "read"; readonly events: readonly PublishedEvent[]; readonly upTo: number }
  | { readonly kind: "behind"; readonly upTo: number }
  | null;

/** A reader waits for what comes behind its position. */
export interface Waiting {
  readonly kind: "readerWaits";
  readonly reader: string;
  readonly position: number;
  readonly filter: EventFilter;
  readonly reply: Reply<Portion>;
}

/** What happened. `recorded`: there is something in the outbox. `told`: an event without a row of its own. */
export type EventMail =
  | { readonly kind: "recorded" | "publishDue" | "lookDue" | "tidyDue" }
  | { readonly kind: "told" | "written" | "notWritten"; readonly event: NewEvent }
  | { readonly kind: "readerClosed"; readonly reader: string }
  | Waiting;

/** What the actor works with. */
export interface PublisherPorts {
  readonly events: Events;
  readonly log: Log;
  readonly signals: Signals;
  readonly retentionDays: number;
}

export class EventPublisher implements Actor<EventMail> {
  readonly #readers = new Map<string, Waiting | null>();
  /** Everything behind `#floor` is in `#latest`, up to the last time the actor read. */
  #latest: PublishedEvent[] = [];
  #floor: number | null = null;
  /** With the attempt to record it that is under way. */
  readonly #unwritten = new Map<NewEvent, Promise<void> | null>();

  constructor(readonly context: Context<EventMail>, readonly ports: PublisherPorts) {
    const outbox: Source<void> = { listen: (listener) => ports.events.onRecorded(() => listener()) };
    context.subscribe(outbox, () => ({ kind: "recorded" }), { key: () => "recorded" });
    context.every(LOOK_EVERY_MS, { kind: "lookDue" }, 0);
    context.every(TIDY_EVERY_MS, { kind: "tidyDue" }, 0);
  }

  async receive(mail: EventMail): Promise<void> {
    try {
      await this.#take(mail);
    } catch (error) {
      this.ports.log.warn("Events could not be published yet", { error });
    }
  }

  #take(mail: EventMail): void | Promise<void> {
    switch (mail.kind) {
      case "recorded":
        return void this.context.after(GATHER_MS, { kind: "publishDue" }, "publish");
      case "publishDue":
        return this.#publish(false);
      case "lookDue":
        this.#recordAgain();
        return this.#publish(true);
      case "tidyDue":
        return this.#tidy();
      case "told":
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

  /** The last facts are still numbered, so that nothing has to wait for them until the next start. */
  async stopped(): Promise<void> {
    const { events } = this.ports;
    const written = [...this.#unwritten].map(([event, recording]) =>
      (recording ?? Promise.reject()).catch(() => events.record(event))
    );
    await Promise.allSettled(written);
    await events.publish(this.context.clock.now()).catch(() => {});
    for (const waiting of this.#readers.values()) waiting?.reply(null);
  }

  #record(event: NewEvent): void {
    const recording = this.ports.events.record(event);
    this.#unwritten.set(event, recording);
    this.context.pipe(recording, () => ({ kind: "written", event }), () => ({ kind: "notWritten", event }));
  }

  /** What an outage has left behind. */
  #recordAgain(): void {
    for (const [event, recording] of this.#unwritten) if (recording === null) this.#record(event);
  }

  async #publish(isLook: boolean): Promise<void> {
    let published = 0;
    for (let n = PUBLISHED_AT_ONCE; n === PUBLISHED_AT_ONCE; published += n) {
      n = await this.ports.events.publish(this.context.clock.now());
    }
    if (published === 0 && !isLook) return;
    await this.#readLatest();
    this.ports.signals.tell({ kind: "eventsPublished" });
  }

  /** Reads what is new, once for all readers. Without any, there is nothing to read for. */
  async #readLatest(): Promise<void> {
    const { events } = this.ports;
    if (this.#readers.size === 0) {
      this.#latest = [];
      this.#floor = null;
      return;
    }
    this.#floor ??= await events.head();
    for (let n = READ_AT_ONCE; n === READ_AT_ONCE;) {
      const fresh = await events.listAfter(this.#latest.at(-1)?.sequence ?? this.#floor, {}, READ_AT_ONCE);
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
    this.#floor ??= await this.ports.events.head();
    this.#answer(waiting, this.#floor);
  }

  /** Answers a reader for which there is something; else it goes on waiting. */
  #answer({ reader, position, filter, reply }: Waiting, floor: number): void {
    const upTo = position < floor ? floor : Math.max(position, this.#latest.at(-1)?.sequence ?? floor);
    if (upTo === position) return;
    this.#readers.set(reader, null);
    if (position < floor) return reply({ kind: "behind", upTo });
    const read = this.#latest.findLastIndex(({ sequence }) => sequence <= position) + 1;
    reply({ kind: "read", events: this.#latest.slice(read).filter((event) => matches(event, filter)), upTo });
  }

  async #tidy(): Promise<void> {
    const keptFrom = new Date(this.context.clock.now().getTime() - this.ports.retentionDays * 86_400_000);
    while (await this.ports.events.prune(keptFrom) > 0);
  }
}

function matches({ chargePoint, type }: PublishedEvent, { chargePoints, types }: EventFilter): boolean {
  return (!chargePoints || (chargePoint !== null && chargePoints.includes(chargePoint))) &&
    (!types || types.includes(type));
}
