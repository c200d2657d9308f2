/**
 * Divides a site's limit by weighted max-min fairness, with the water-filling algorithm. A level rises from 0. The share of each session is its
 * weight times the level, between the session's minimum and maximum. The share stops rising when a phase that the session uses is full. The
 * result: a session can get more only if a session with less per weight gets less. Numbers are amperes per phase or watts, in the unit
 * of the site's limit. This file knows no OCPP, reads no clock and keeps no state.
 */
import { type Allocation, type Capacity, type Columns, WaterFilling } from "./water_filling.ts";

/** A running transaction whose limit the product can change. */
export interface Session {
  readonly id: string;
  /** Shares are in proportion to the weights. Above 0. */
  readonly weight: number;
  /** The session may always draw this much, because its charge point never gets a lower limit. */
  readonly floor: number;
  /** Minimum current of a car that charges. The session gets at least this, or is paused and keeps its floor. */
  readonly least: number;
  /** The maximum that the session can draw. */
  readonly most: number;
  /** The phases that the session uses, as a bit mask: bit n for entry n of the capacity. */
  readonly phases: number;
  /** Order of arrival. Among sessions of equal weight the latest is paused first. */
  readonly since: number;
}

/** Divides a capacity among sessions. */
export function allocate(sessions: readonly Session[], capacity: Capacity): Allocation {
  return prepare(sessions)(capacity);
}

/** Like `allocate`, for many capacities: values that do not depend on the capacity are computed once. */
export function prepare(sessions: readonly Session[]): (capacity: Capacity) => Allocation {
  const floor = Float64Array.from(sessions, ({ floor }) => floor);
  const low = Float64Array.from(sessions, ({ floor, least, most }) => Math.max(floor, Math.min(least, most)));
  const high = Float64Array.from(sessions, ({ most }, i) => Math.max(most, low[i]!));
  const queue = sessions.map((_, i) => i).sort((a, b) => byPriority(sessions[a]!, sessions[b]!));
  const levelOf = (step: number) => ((step & 1) === 0 ? low : high)[step >> 1]! / sessions[step >> 1]!.weight;
  // In priority order before the sort, which is stable: floating-point sums are then the same for every order of the input.
  const steps = queue.flatMap((i) => [2 * i, 2 * i + 1]).sort((a, b) => levelOf(a) - levelOf(b));
  const columns: Columns = {
    floor,
    low,
    high,
    weight: Float64Array.from(sessions, ({ weight }) => weight),
    phases: Uint8Array.from(sessions, ({ phases }) => phases),
    queue,
    steps: Int32Array.from(steps),
    levels: Float64Array.from(steps, levelOf),
  };
  return (capacity) => new WaterFilling(columns, capacity).run();
}

/** Order in which sessions get their minimum when there is not enough for all: higher weight, then earlier, then by id. */
function byPriority(a: Session, b: Session): number {
  return b.weight - a.weight || a.since - b.since || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
