/**
 * Writes down what charge points and we say to each other, for operators who look for the cause of something. It must never be in a
 * charge point's way: a message is noted when its answer is on the wire, secrets are masked and rows are written later and in small
 * portions with pauses, and when the database is too slow notes are dropped, which is counted and logged.
 */
import { isAboutContent } from "../../db/engine/errors.ts";
import type { MessageRow } from "../../db/messages.ts";
import type { Store } from "../../db/store.ts";
import type { Actor, ActorSystem, Context, Ref } from "../runtime/actor.ts";
import { type Note, NotedMessages, writtenDown } from "./noted_messages.ts";

/** What may wait to be written. */
const NOTES_MAX = 20_000;
const WEIGHT_MAX = 32 * 1024 * 1024;

const PORTION_NOTES = 200;
const PORTION_WEIGHT = 1024 * 1024;
const COLLECT_MS = 200;
const RETRY_MS = 5000;
const REPORT_DROPS_MS = 60_000;

type LogMail =
  | { readonly kind: "said"; readonly notes: readonly Note[] }
  | { readonly kind: "writeDue" }
  | { readonly kind: "written"; readonly isTaken: boolean };

/** The log of all charge points. */
export class MessageLog {
  readonly #actor: Ref<LogMail> | undefined;

  constructor(readonly system: ActorSystem, store: Store, isOn: boolean) {
    if (!isOn) return;
    const create = (context: Context<LogMail>) => new MessageLogActor(context, system, store);
    const options = { restartsPerMinute: 60, mailboxLimit: NOTES_MAX, drains: true };
    this.#actor = system.spawn("message log", create, options);
  }

  /** The log of one connection. */
  of(chargePoint: string): NotedMessages {
    return new NotedMessages(chargePoint, this.system.clock, this.#actor && this.#note);
  }

  readonly #note = (...notes: readonly Note[]): void => {
    if (!this.#actor!.tell({ kind: "said", notes })) this.system.counts.unlogged += notes.length;
  };
}

/** Never waits for the database, because each message of each charge point is mail. */
class MessageLogActor implements Actor<LogMail> {
  readonly #notes: Note[] = [];
  #weight = 0;
  #unwritten: MessageRow[] = [];
  #writing: Promise<boolean> | null = null;
  #startedMs = 0;
  /** Whether a write is planned or under way. */
  #isBusy = false;
  #lastId: number;
  /** How many of the dropped messages the log has reported, and when. */
  #reported: number;
  #reportedAtMs = -Infinity;

  constructor(readonly context: Context<LogMail>, readonly system: ActorSystem, readonly store: Store) {
    // Rises over restarts, too, as long as there are fewer than a million messages a second.
    this.#lastId = context.clock.now().getTime() * 1000;
    this.#reported = system.counts.unlogged;
  }

  receive(mail: LogMail): void {
    switch (mail.kind) {
      case "said":
        for (const note of mail.notes) this.#keep(note);
        if (!this.#isBusy) this.#writeIn(COLLECT_MS);
        return;
      case "writeDue":
        this.#reportDrops();
        return this.#write();
      case "written":
        return this.#written(mail.isTaken);
    }
  }

  async stopped(): Promise<void> {
    if (await this.#writing) this.#unwritten = [];
    while (this.#unwritten.length > 0 || this.#notes.length > 0) {
      if (!await this.#record()) return;
      this.#unwritten = [];
    }
  }

  #keep(note: Note): void {
    if (this.#notes.length >= NOTES_MAX || this.#weight + note.weight > WEIGHT_MAX) return this.#drop(1);
    this.#notes.push(note);
    this.#weight += note.weight;
  }

  #drop(count: number): void {
    this.system.counts.unlogged += count;
    this.#reportDrops();
  }

  #reportDrops(): void {
    const { unlogged } = this.system.counts;
    const nowMs = this.context.clock.monotonicMs();
    if (unlogged === this.#reported || nowMs - this.#reportedAtMs < REPORT_DROPS_MS) return;
    this.system.log.warn(
      `${unlogged - this.#reported} messages are missing in the message log: the database is behind`,
    );
    this.#reportedAtMs = nowMs;
    this.#reported = unlogged;
  }

  #writeIn(ms: number): void {
    this.#isBusy = true;
    this.context.after(ms, { kind: "writeDue" });
  }

  #write(): void {
    this.#startedMs = this.context.clock.monotonicMs();
    this.#writing = this.#record();
    const written = (isTaken: boolean): LogMail => ({ kind: "written", isTaken });
    this.context.pipe(this.#writing, written, () => written(false));
  }

  /** One portion, then a pause five times as long: at most a sixth of the time is spent on this. */
  #written(isTaken: boolean): void {
    this.#writing = null;
    this.#isBusy = false;
    if (!isTaken) return this.#writeIn(RETRY_MS);
    this.#unwritten = [];
    const tookMs = this.context.clock.monotonicMs() - this.#startedMs;
    if (this.#notes.length > 0) this.#writeIn(this.#notes.length < PORTION_NOTES ? COLLECT_MS : 5 * tookMs + 1);
  }

  /** False when the database did not take the portion, which is kept for another try. */
  async #record(): Promise<boolean> {
    if (this.#unwritten.length === 0) this.#unwritten = this.#take();
    try {
      await this.store.messages.record(this.#unwritten);
    } catch (error) {
      if (!isAboutContent(error)) return false;
      this.system.log.warn("Messages could not be logged", { error });
      this.#drop(this.#unwritten.length);
    }
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
