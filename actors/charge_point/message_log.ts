/**
 * Stores the messages between charge points and the Central System, for operators who look for the cause of a problem. It must not delay charge points: a
 * message is added after its answer is sent, and rows are written later, in small batches with pauses. If the database is too
 * slow, messages are dropped, which is counted and logged. Secrets are masked.
 */
import { isAboutContent } from "../../db/engine/errors.ts";
import type { MessageRow } from "../../db/messages.ts";
import type { Store } from "../../db/store.ts";
import type { Actor, ActorSystem, Context, Ref } from "../runtime/actor.ts";
import { type Note, NotedMessages, storablePayload } from "./noted_messages.ts";

/** Limits of the messages that wait to be written: number, and characters. */
const NOTES_MAX = 20_000;
const WEIGHT_MAX = 32 * 1024 * 1024;

/** Limits of one batch. */
const BATCH_NOTES = 200;
const BATCH_WEIGHT = 1024 * 1024;
const BATCH_DELAY_MS = 200;
const RETRY_MS = 5000;
const REPORT_DROPS_MS = 60_000;

type LogMail =
  | { readonly kind: "noted"; readonly notes: readonly Note[] }
  | { readonly kind: "writeDue" }
  | { readonly kind: "written"; readonly isDone: boolean };

/** The interface of the message log actor, for connections. */
export class MessageLog {
  readonly #actor: Ref<LogMail> | undefined;

  constructor(readonly system: ActorSystem, store: Store, isOn: boolean) {
    if (!isOn) return;
    const create = (context: Context<LogMail>) => new MessageLogActor(context, system, store);
    const options = { restartsPerMinute: 60, mailboxLimit: NOTES_MAX, drains: true };
    this.#actor = system.spawn("message log", create, options);
  }

  /** The message log of one connection. */
  of(chargePoint: string): NotedMessages {
    return new NotedMessages(chargePoint, this.system.clock, this.#actor && this.#note);
  }

  readonly #note = (...notes: readonly Note[]): void => {
    if (!this.#actor!.tell({ kind: "noted", notes })) this.system.counts.unlogged += notes.length;
  };
}

/** Never awaits the database, because there is mail for each message of each charge point. */
class MessageLogActor implements Actor<LogMail> {
  readonly #notes: Note[] = [];
  #weight = 0;
  #unwritten: MessageRow[] = [];
  #writing: Promise<boolean> | null = null;
  #startedMs = 0;
  /** Whether a write is planned or under way. */
  #isBusy = false;
  #lastId: number;
  /** The number of dropped messages at the last report, and its time. */
  #reported: number;
  #reportedAtMs = -Infinity;

  constructor(readonly context: Context<LogMail>, readonly system: ActorSystem, readonly store: Store) {
    // Ids also rise over restarts, with less than a million messages per second.
    this.#lastId = context.clock.now().getTime() * 1000;
    this.#reported = system.counts.unlogged;
  }

  receive(mail: LogMail): void {
    switch (mail.kind) {
      case "noted":
        for (const note of mail.notes) this.#keep(note);
        if (!this.#isBusy) this.#writeIn(BATCH_DELAY_MS);
        return;
      case "writeDue":
        this.#reportDrops();
        return this.#write();
      case "written":
        return this.#written(mail.isDone);
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
      `${unlogged - this.#reported} messages are missing in the message log: the database is too slow`,
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
    const written = (isDone: boolean): LogMail => ({ kind: "written", isDone });
    this.context.pipe(this.#writing, written, () => written(false));
  }

  /** After each batch there is a pause five times as long as the write, so that writing takes at most a sixth of the time. */
  #written(isDone: boolean): void {
    this.#writing = null;
    this.#isBusy = false;
    if (!isDone) return this.#writeIn(RETRY_MS);
    this.#unwritten = [];
    const tookMs = this.context.clock.monotonicMs() - this.#startedMs;
    if (this.#notes.length > 0) this.#writeIn(this.#notes.length < BATCH_NOTES ? BATCH_DELAY_MS : 5 * tookMs + 1);
  }

  /** Writes one batch. Returns false if the database did not answer: the batch is then retried. */
  async #record(): Promise<boolean> {
    if (this.#unwritten.length === 0) this.#unwritten = this.#take();
    try {
      await this.store.messages.record(this.#unwritten);
    } catch (error) {
      if (!isAboutContent(error)) return false;
      this.system.log.warn("The database refused messages for the message log; they are dropped", { error });
      this.#drop(this.#unwritten.length);
    }
    return true;
  }

  #take(): MessageRow[] {
    let count = 0;
    let weight = 0;
    while (count < Math.min(BATCH_NOTES, this.#notes.length) && weight < BATCH_WEIGHT) {
      weight += this.#notes[count++]!.weight;
    }
    this.#weight -= weight;
    return this.#notes.splice(0, count).map(({ content, weight: _, ...row }) => ({
      ...row,
      ...storablePayload(content),
      id: ++this.#lastId,
    }));
  }
}
