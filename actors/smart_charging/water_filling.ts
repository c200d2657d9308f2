/**
 * One run of the water-filling algorithm (allocation.ts). The level rises step by step. A step is a level at which a session's share begins or
 * stops to rise, or a level at which a phase is full.
 */

/** The amount to divide, one entry for each phase; one entry where phases do not matter. */
export type Capacity = readonly number[];

/** Why a session gets its amount. */
export type LimitReason =
  /** There is not enough for the minimum of every session, and other sessions have priority. */
  | "paused"
  /** The session gets its maximum. */
  | "most"
  /** A phase that the session uses is full; the session gets its fair share. */
  | "share"
  /** A phase that the session uses is full; its fair share would be below its minimum, so it gets the minimum. */
  | "least";

/** The amount of each session, in the order of the sessions in the input. */
export interface Allocation {
  readonly granted: Float64Array;
  readonly reason: readonly LimitReason[];
}

/** Tolerance for rounding errors: they are far smaller, and limits are far larger. */
const TINY = 1e-9;

/** The sessions as typed arrays, computed once, because an allocation over a day runs the algorithm about a hundred times. */
export interface Columns {
  readonly floor: Float64Array;
  /** Minimum of a session that is not paused. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly weight: Float64Array;
  readonly phases: Uint8Array;
  /** Indexes of the sessions, highest priority first. */
  readonly queue: readonly number[];
  /** In the order of their levels: 2 × index where the session's share begins to rise, 2 × index + 1 where it is at its maximum. */
  readonly steps: Int32Array;
  /** The level of each step. */
  readonly levels: Float64Array;
}

const RISING = 1;
const FIXED = 2;

/** The state of one run. Ends when the shares of all sessions are fixed. */
export class WaterFilling {
  readonly #granted: Float64Array;
  readonly #reason: LimitReason[];
  /** Of each session: 0 at first, then RISING, then FIXED. */
  readonly #state: Uint8Array;
  /** Of each phase: the free capacity. */
  readonly #free: Float64Array;
  /** Of each phase: the sum of the weights of the rising sessions that use it. */
  readonly #slope: Float64Array;
  /** Of each phase: the number of rising sessions that use it. */
  readonly #rising: Int32Array;
  #level = 0;

  constructor(readonly columns: Columns, capacity: Capacity) {
    const { floor } = columns;
    this.#granted = Float64Array.from(floor);
    this.#reason = new Array<LimitReason>(floor.length).fill("most");
    this.#state = new Uint8Array(floor.length);
    this.#free = Float64Array.from(capacity);
    this.#slope = new Float64Array(capacity.length);
    this.#rising = new Int32Array(capacity.length);
  }

  run(): Allocation {
    this.#admit();
    const { steps, levels } = this.columns;
    for (let k = 0; k < steps.length; k++) {
      const i = steps[k]! >> 1;
      if (this.#state[i] === FIXED) continue;
      for (let phase = this.#firstFull(levels[k]!); phase >= 0; phase = this.#firstFull(levels[k]!)) this.#fill(phase);
      if (this.#state[i] === FIXED) continue;
      this.#riseTo(levels[k]!);
      if ((steps[k]! & 1) === 0) this.#startRising(i);
      else this.#fix(i, this.columns.high[i]!, "most");
    }
    return { granted: this.#granted, reason: this.#reason };
  }

  /**
   * Reserves the floors and minimums, and pauses sessions whose minimum does not fit. All sessions after the first that does not fit are paused, too: a
   * small session does not pass a larger one with a higher priority, and a higher limit never pauses a session.
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
        this.#state[i] = FIXED;
        this.#reason[i] = "paused";
      } else {
        this.#take(i, more);
        this.#granted[i] = low[i]!;
      }
    }
  }

  #startRising(i: number): void {
    if (this.#hasLess(i, TINY) && this.columns.high[i]! > this.columns.low[i]!) {
      this.#state[i] = FIXED;
      this.#reason[i] = "least";
      return;
    }
    this.#state[i] = RISING;
    this.#count(i, 1);
  }

  #fix(i: number, granted: number, reason: LimitReason): void {
    this.#granted[i] = granted;
    this.#reason[i] = reason;
    this.#state[i] = FIXED;
    this.#count(i, -1);
  }

  #count(i: number, sign: 1 | -1): void {
    const { phases, weight } = this.columns;
    for (let phase = 0; phase < this.#free.length; phase++) {
      if ((phases[i]! >> phase & 1) === 0) continue;
      this.#rising[phase]! += sign;
      // Without rising sessions exactly 0, not the rounding error of the subtractions.
      this.#slope[phase] = this.#rising[phase] === 0 ? 0 : this.#slope[phase]! + sign * weight[i]!;
    }
  }

  /** The phase that is full first, below the level `end`; −1: none. */
  #firstFull(end: number): number {
    let first = -1;
    let lowest = end;
    for (let phase = 0; phase < this.#free.length; phase++) {
      const at = this.#fullAt(phase);
      if (at >= lowest) continue;
      lowest = at;
      first = phase;
    }
    return first;
  }

  #fullAt(phase: number): number {
    const slope = this.#slope[phase]!;
    return slope <= 0 ? Infinity : this.#level + Math.max(this.#free[phase]!, 0) / slope;
  }

  /** Fixes the shares of the rising sessions that use this phase. */
  #fill(phase: number): void {
    const { phases, weight, high, queue } = this.columns;
    this.#riseTo(this.#fullAt(phase));
    for (const i of queue) {
      if (this.#state[i] !== RISING || (phases[i]! >> phase & 1) === 0) continue;
      this.#fix(i, Math.min(weight[i]! * this.#level, high[i]!), "share");
    }
    this.#free[phase] = 0;
  }

  #riseTo(level: number): void {
    for (let phase = 0; phase < this.#free.length; phase++) {
      this.#free[phase]! -= this.#slope[phase]! * (level - this.#level);
    }
    this.#level = level;
  }

  #take(i: number, amount: number): void {
    for (let phase = 0; phase < this.#free.length; phase++) {
      if (this.columns.phases[i]! >> phase & 1) this.#free[phase]! -= amount;
    }
  }

  #hasLess(i: number, amount: number): boolean {
    for (let phase = 0; phase < this.#free.length; phase++) {
      if ((this.columns.phases[i]! >> phase & 1) === 1 && this.#free[phase]! < amount) return true;
    }
    return false;
  }
}
