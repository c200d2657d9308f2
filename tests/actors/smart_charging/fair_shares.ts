/**
 * An oracle for the allocation that shares no code with it. It gives out the capacity in small pieces, each to the session with the lowest share
 * per weight that can take one more. It is slow, but obviously max-min fair.
 */
import type { Session } from "../../../actors/smart_charging/allocation.ts";
import type { Capacity } from "../../../actors/smart_charging/water_filling.ts";

/** The size of a piece. The results differ from the exact ones by a few pieces at most. */
export const PIECE = 0.01;

/** The share of each session, in the order of the input. */
export function fairShares(sessions: readonly Session[], capacity: Capacity): number[] {
  const phasesOf = ({ phases }: Session) => capacity.map((_, phase) => phase).filter((phase) => phases & 1 << phase);
  const got = sessions.map(({ floor }) => floor);
  const free = capacity.map((all, phase) =>
    sessions.reduce((left, session) => phasesOf(session).includes(phase) ? left - session.floor : left, all)
  );
  const give = (i: number, amount: number) => {
    got[i]! += amount;
    for (const phase of phasesOf(sessions[i]!)) free[phase]! -= amount;
  };
  const fits = (i: number, amount: number) => phasesOf(sessions[i]!).every((phase) => free[phase]! >= amount - 1e-9);

  const queue = sessions.map((session, i) => ({ ...session, i }))
    .filter(({ floor, least, most }) => floor < Math.min(least, most))
    .sort((a, b) => b.weight - a.weight || a.since - b.since || a.id.localeCompare(b.id));
  let next = queue.shift();
  for (; next && fits(next.i, Math.min(next.least, next.most) - next.floor); next = queue.shift()) {
    give(next.i, Math.min(next.least, next.most) - next.floor);
  }
  const paused = new Set([next, ...queue].map((session) => session?.i));

  for (;;) {
    let lowest: number | undefined;
    sessions.forEach((session, i) => {
      if (paused.has(i) || got[i]! + PIECE > session.most + 1e-9 || !fits(i, PIECE)) return;
      if (lowest === undefined || got[i]! / session.weight < got[lowest]! / sessions[lowest]!.weight) lowest = i;
    });
    if (lowest === undefined) return got;
    give(lowest, PIECE);
  }
}
