/**
 * Writes down what charge points and we say to each other, for people who look for the cause of something. It must never be in a
 * charge point's way: a message is noted when its answer is on the wire, secrets are masked and rows are written later and in small
 * portions with pauses, and when the database is too slow notes are dropped, which is counted and logged.
 */
import { isAboutContent } from "../../db/engine/errors.ts";
import type { MessageRow } from "../../db/messages.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem } from "../runtime/actor.ts";
import { type Note, NotedMessages, writtenDown } from "./noted_messages.ts";

/** What may wait to be written. */
const NOTES_MAX = 20_000;
const WEIGHT_MAX = 32 * 1024 * 1024;

const PORTION_NOTES = 200;
const PORTION_WEIGHT = 1024 * 1024;
const COLLECT_MS = 200;
const RETRY_MS = 5000;
const TELL_OF_DROPS_MS = 60_000;

/** The log of all charge points. */
export class MessageLog {
  #notes: Note[] = [];
  #weight = 0;
  #unwritten: MessageRow[] = [];
  #lastId: number;
  #planned = false;
  #plan: (ms: number) => void = () => {};
  #untold = 0;
  #toldAtMs = -Infinity;

  constructor(readonly system: ActorSystem, readonly store: Store, readonly isOn: boolean) {
    // Rises over restarts, too, as long as there are fewer than a million messages a second.
    this.#lastId = system.clock.now().getTime() * 1000;
    if (!isOn) return;
    system.spawn<"write">("message log", (context) => {
      this.#plan = (ms) => void context.after(ms, "write");
      return { receive: () => this.#write(), stopped: () => this.#writeAll() };
    }, { restartsPerMinute: 60 });
  }

  /** Messages that were not written since the start. */
  get dropped(): number {
    return this.system.counts.unlogged;
  }

  /** The log of one connection. */
  of(chargePoint: string): NotedMessages {
    return new NotedMessages(chargePoint, this.system.clock, this.isOn ? this.note : undefined);
  }

  readonly note = (note: Note): void => {
    if (this.#notes.length >= NOTES_MAX || this.#weight + note.weight > WEIGHT_MAX) return this.#drop(1);
    this.#notes.push(note);
    this.#weight += note.weight;
    this.#writeIn(COLLECT_MS);
  };

  #writeIn(ms: number): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#plan(ms);
  }

  #drop(count: number): void {
    this.system.counts.unlogged += count;
    this.#untold += count;
    const nowMs = this.system.clock.monotonicMs();
    if (nowMs - this.#toldAtMs < TELL_OF_DROPS_MS) return;
    this.system.log.warn(`${this.#untold} messages are missing in the message log: the database is behind`);
    this.#toldAtMs = nowMs;
    this.#untold = 0;
  }

  /** One portion, then a pause five times as long: the database has at least five sixths of the time for everything else. */
  async #write(): Promise<void> {
    this.#planned = false;
    if (this.#untold > 0) this.#drop(0);
    const startMs = this.system.clock.monotonicMs();
    const written = await this.#writePortion();
    if (!written) return this.#writeIn(RETRY_MS);
    if (this.#notes.length === 0) return;
    const tookMs = this.system.clock.monotonicMs() - startMs;
    this.#writeIn(this.#notes.length < PORTION_NOTES ? COLLECT_MS : 5 * tookMs + 1);
  }

  async #writeAll(): Promise<void> {
    while (this.#unwritten.length > 0 || this.#notes.length > 0) {
      if (!await this.#writePortion()) return;
    }
  }

  /** False when the database did not take it; the portion is kept for another try. */
  async #writePortion(): Promise<boolean> {
    if (this.#unwritten.length === 0) this.#unwritten = this.#take();
    try {
      await this.store.messages.record(this.#unwritten);
    } catch (error) {
      if (!isAboutContent(error)) return false;
      this.system.log.warn("Messages could not be logged", { error });
      this.#drop(this.#unwritten.length);
    }
    this.#unwritten = [];
    return true;
  }

  #take(): MessageRow[] {
    let count = 0;
    let weight = 0;
    while (count < Math.min(PORTION_NOTES, this.#notes.length) && weight < PORTION_WEIGHT) {
      weight += this.#notes[count++]!.weight;
    }
    this.#weight -= weight;
    return this.#notes.splice(0, count).map(({ content, weight: _, ...row }) => ({
      ...row,
      ...writtenDown(content),
      id: ++this.#lastId,
    }));
  }
}
