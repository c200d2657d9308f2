/**
 * One rise of the water level by which a site's limit is shared (allocation.ts): from one session's turn to the next, and to each phase that is
 * full in between.
 */

/** What may be shared out, an entry for each phase; one entry where phases do not matter. */
export type Capacity = readonly number[];

/** Why a session gets what it gets. */
export type LimitReason =
  /** Not everybody can have the least that is of use, and others come first. */
  | "paused"
  /** It can draw no more. */
  | "most"
  /** A phase that it uses is full, and it has its share of that. */
  | "share"
  /** A phase that it uses is full, and its share would be below the least that is of use, which it gets all the same. */
  | "least";

/** What each session gets, in the order in which the sessions were given. */
export interface Allocation {
  readonly granted: Float64Array;
  readonly reason: readonly LimitReason[];
}

/** Rounding errors of sums stay far below this, limits are far above it. */
const TINY = 1e-9;

/** What does not depend on the capacity, as columns: a window of a day is a hundred passes over them. */
export interface Columns {
  readonly floor: Float64Array;
  /** Of whoever is not paused. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly weight: Float64Array;
  readonly phases: Uint8Array;
  /** Sessions, the last to be paused first. */
  readonly queue: readonly number[];
  /** When a session's share begins to rise with the level, and when it has come to its end: twice the session, plus one for the end. */
  readonly turns: Int32Array;
  readonly levels: Float64Array;
}

const RISES = 1;
const STILL = 2;

/** One rise of the level until everybody stands still. */
export class Tide {
  readonly #granted: Float64Array;
  readonly #reason: LimitReason[];
  /** Of each session: RISES, STILL, or 0 while its turn has not come. */
  readonly #state: Uint8Array;
  /** What is left of each phase, how fast it shrinks, and how many make it shrink. */
  readonly #room: Float64Array;
  readonly #slope: Float64Array;
  readonly #risers: Int32Array;
  #level = 0;

  constructor(readonly columns: Columns, capacity: Capacity) {
    const { floor } = columns;
    this.#granted = Float64Array.from(floor);
    this.#reason = new Array<LimitReason>(floor.length).fill("most");
    this.#state = new Uint8Array(floor.length);
    this.#room = Float64Array.from(capacity);
    this.#slope = new Float64Array(capacity.length);
    this.#risers = new Int32Array(capacity.length);
  }

  rise(): Allocation {
    this.#admit();
    const { turns, levels } = this.columns;
    for (let k = 0; k < turns.length; k++) {
      const i = turns[k]! >> 1;
      if (this.#state[i] === STILL) continue;
      for (let phase = this.#firstFull(levels[k]!); phase >= 0; phase = this.#firstFull(levels[k]!)) this.#fill(phase);
      if (this.#state[i] === STILL) continue;
      this.#riseTo(levels[k]!);
      if ((turns[k]! & 1) === 0) this.#begin(i);
      else this.#end(i, this.columns.high[i]!, "most");
    }
    return { granted: this.#granted, reason: this.#reason };
  }

  /**
   * Takes out of the room what everybody has at least, and pauses whoever cannot have it. The first one that does not fit ends the
   * admission for all behind it: somebody small must not jump the queue, and a higher limit then never pauses anybody.
   */
  #admit(): void {
    const { queue, floor, low } = this.columns;
    for (const i of queue) this.#take(i, floor[i]!);
    let full = false;
    for (const i of queue) {
      const more = low[i]! - floor[i]!;
      if (more <= 0) continue;
      full ||= this.#hasLess(i, more - TINY);
      if (full) {
        this.#state[i] = STILL;
        this.#reason[i] = "paused";
      } else {
        this.#take(i, more);
        this.#granted[i] = low[i]!;
      }
    }
  }

  #begin(i: number): void {
    if (this.#hasLess(i, TINY) && this.columns.high[i]! > this.columns.low[i]!) {
      this.#state[i] = STILL;
      this.#reason[i] = "least";
      return;
    }
    this.#state[i] = RISES;
    this.#turn(i, 1);
  }

  #end(i: number, granted: number, reason: LimitReason): void {
    this.#granted[i] = granted;
    this.#reason[i] = reason;
    this.#state[i] = STILL;
    this.#turn(i, -1);
  }

  #turn(i: number, sign: 1 | -1): void {
    const { phases, weight } = this.columns;
    for (let phase = 0; phase < this.#room.length; phase++) {
      if ((phases[i]! >> phase & 1) === 0) continue;
      this.#risers[phase]! += sign;
      // Nobody rises: exactly 0, not what the subtractions left over.
      this.#slope[phase] = this.#risers[phase] === 0 ? 0 : this.#slope[phase]! + sign * weight[i]!;
    }
  }

  /** The phase that is full first before the level `end`; −1: none. */
  #firstFull(end: number): number {
    let first = -1;
    let lowest = end;
    for (let phase = 0; phase < this.#room.length; phase++) {
      const at = this.#fullAt(phase);
      if (at >= lowest) continue;
      lowest = at;
      first = phase;
    }
    return first;
  }

  #fullAt(phase: number): number {
    const slope = this.#slope[phase]!;
    return slope <= 0 ? Infinity : this.#level + Math.max(this.#room[phase]!, 0) / slope;
  }

  /** Whoever rises and uses this phase stands still from now on. */
  #fill(phase: number): void {
    const { phases, weight, high, queue } = this.columns;
    this.#riseTo(this.#fullAt(phase));
    for (const i of queue) {
      if (this.#state[i] !== RISES || (phases[i]! >> phase & 1) === 0) continue;
      this.#end(i, Math.min(weight[i]! * this.#level, high[i]!), "share");
    }
    this.#room[phase] = 0;
  }

  #riseTo(level: number): void {
    for (let phase = 0; phase < this.#room.length; phase++) {
      this.#room[phase]! -= this.#slope[phase]! * (level - this.#level);
    }
    this.#level = level;
  }

  #take(i: number, amount: number): void {
    for (let phase = 0; phase < this.#room.length; phase++) {
      if (this.columns.phases[i]! >> phase & 1) this.#room[phase]! -= amount;
    }
  }

  #hasLess(i: number, amount: number): boolean {
    for (let phase = 0; phase < this.#room.length; phase++) {
      if ((this.columns.phases[i]! >> phase & 1) === 1 && this.#room[phase]! < amount) return true;
    }
    return false;
  }
}
