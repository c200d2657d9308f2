/**
 * How a site's limit is shared: weighted max-min fairness. A water level rises; each session gets its weight times the level, never less than
 * its least and never more than its most, and stands still once a phase that it uses is full. So nobody can get more without taking
 * from somebody who has less for his weight. Numbers are amperes per phase or watts, as the site's limit is; there is nothing of
 * OCPP in here, no clock and no state.
 */
import { type Allocation, type Capacity, type Columns, Tide } from "./water_filling.ts";

/** A running transaction that can be told what to draw. */
export interface Session {
  readonly id: string;
  /** Shares are in proportion to the weights. Above 0. */
  readonly weight: number;
  /** What it may draw in any case, reason its charge point is never told less. */
  readonly floor: number;
  /** Below this a car does not charge at all: it gets this much at least, or is paused and keeps its floor. */
  readonly least: number;
  /** What it can draw at most. */
  readonly most: number;
  /** The phases that it uses, a bit for each entry of the capacity. */
  readonly phases: number;
  /** Who was here first is paused last, among equal weights. */
  readonly since: number;
}

/** Shares a capacity out among sessions. */
export function allocate(sessions: readonly Session[], capacity: Capacity): Allocation {
  return prepare(sessions)(capacity);
}

/** The same for many capacities: what does not depend on them is reckoned once. */
export function prepare(sessions: readonly Session[]): (capacity: Capacity) => Allocation {
  const floor = Float64Array.from(sessions, ({ floor }) => floor);
  const low = Float64Array.from(sessions, ({ floor, least, most }) => Math.max(floor, Math.min(least, most)));
  const high = Float64Array.from(sessions, ({ most }, i) => Math.max(most, low[i]!));
  const queue = sessions.map((_, i) => i).sort((a, b) => before(sessions[a]!, sessions[b]!));
  const levelOf = (turn: number) => ((turn & 1) === 0 ? low : high)[turn >> 1]! / sessions[turn >> 1]!.weight;
  // In the queue's order before they are sorted: the sums are then the same to the last bit, however the sessions were given.
  const turns = queue.flatMap((i) => [2 * i, 2 * i + 1]).sort((a, b) => levelOf(a) - levelOf(b));
  const columns: Columns = {
    floor,
    low,
    high,
    weight: Float64Array.from(sessions, ({ weight }) => weight),
    phases: Uint8Array.from(sessions, ({ phases }) => phases),
    queue,
    turns: Int32Array.from(turns),
    levels: Float64Array.from(turns, levelOf),
  };
  return (capacity) => new Tide(columns, capacity).rise();
}

/** Who keeps the least that is of use when it is not enough for all: the heavier, then the earlier, then by name. */
function before(a: Session, b: Session): number {
  return b.weight - a.weight || a.since - b.since || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
