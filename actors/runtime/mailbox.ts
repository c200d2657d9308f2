/** The mail that waits for an actor, first come first served. Mail with a key is kept once as long as it waits, however often it is sent. */

/** Mail as it waits. */
export interface Letter<Mail> {
  readonly mail: Mail;
  /** Another letter with the same key is not needed while this one waits. */
  readonly key?: string | undefined;
  /** Runs when the mail has been received; set for mail that repeats. */
  readonly received?: () => void;
}

/** Letters that were taken are forgotten in portions of this size, because removing the first of many costs as much as there are. */
const TAKEN_MAX = 64;

/** A queue without a limit of its own. */
export class Mailbox<Mail> {
  #letters: (Letter<Mail> | undefined)[] = [];
  /** Where the first letter that waits is. */
  #first = 0;
  readonly #keys = new Set<string>();

  /** How many letters wait. */
  get size(): number {
    return this.#letters.length - this.#first;
  }

  /** Whether a letter with this key waits. */
  has(key: string | undefined): boolean {
    return key !== undefined && this.#keys.has(key);
  }

  /** Puts a letter at the end, unless one with its key waits. */
  put(letter: Letter<Mail>): void {
    if (this.has(letter.key)) return;
    if (letter.key !== undefined) this.#keys.add(letter.key);
    this.#letters.push(letter);
  }

  /** Takes the first letter. */
  take(): Letter<Mail> | undefined {
    if (this.size === 0) return undefined;
    const letter = this.#letters[this.#first]!;
    this.#letters[this.#first++] = undefined;
    if (letter.key !== undefined) this.#keys.delete(letter.key);
    if (this.size === 0 || this.#first === TAKEN_MAX) {
      this.#letters.splice(0, this.#first);
      this.#first = 0;
    }
    return letter;
  }

  /** Removes the mail that repeats: an actor that starts anew plans its own. */
  dropRepeated(): void {
    this.#letters = this.#letters.slice(this.#first).filter((letter) => letter!.received === undefined);
    this.#first = 0;
  }

  /** Removes everything. */
  clear(): void {
    this.#letters = [];
    this.#first = 0;
    this.#keys.clear();
  }
}
