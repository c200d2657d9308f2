/** The queue of an actor's waiting mail. Mail with a key is queued only once. */

/** Mail with what the runtime needs to deliver it. */
export interface Envelope<Mail> {
  readonly mail: Mail;
  /** While this envelope waits, another one with the same key is dropped. */
  readonly key?: string | undefined;
  /** Called when the actor has received the mail; only for repeated mail. */
  readonly received?: () => void;
}

/** Taken envelopes are removed from the array in batches of this size, because removing the first element copies all others. */
const TAKEN_MAX = 64;

/** A first-in, first-out queue without a limit of its own. */
export class Mailbox<Mail> {
  #envelopes: (Envelope<Mail> | undefined)[] = [];
  /** Index of the first waiting envelope. */
  #first = 0;
  readonly #keys = new Set<string>();

  /** The number of waiting envelopes. */
  get size(): number {
    return this.#envelopes.length - this.#first;
  }

  /** Whether an envelope with this key waits. */
  has(key: string | undefined): boolean {
    return key !== undefined && this.#keys.has(key);
  }

  /** Puts an envelope at the end, unless one with its key waits. */
  put(envelope: Envelope<Mail>): void {
    if (this.has(envelope.key)) return;
    if (envelope.key !== undefined) this.#keys.add(envelope.key);
    this.#envelopes.push(envelope);
  }

  /** Takes the first envelope. */
  take(): Envelope<Mail> | undefined {
    if (this.size === 0) return undefined;
    const envelope = this.#envelopes[this.#first]!;
    this.#envelopes[this.#first++] = undefined;
    if (envelope.key !== undefined) this.#keys.delete(envelope.key);
    if (this.size === 0 || this.#first === TAKEN_MAX) {
      this.#envelopes.splice(0, this.#first);
      this.#first = 0;
    }
    return envelope;
  }

  /** Removes repeated mail: a restarted actor schedules its own. */
  dropRepeated(): void {
    this.#envelopes = this.#envelopes.slice(this.#first).filter((envelope) => envelope!.received === undefined);
    this.#first = 0;
  }

  /** Removes everything. */
  clear(): void {
    this.#envelopes = [];
    this.#first = 0;
    this.#keys.clear();
  }
}
