/**
 * An oracle for the allocation that shares no code with it: everything is given out in tiny pieces, each to whoever has the least for his
 * weight and can still take one. Slow, and plainly max-min fair.
 */
import type { Session } from "../../../actors/smart_charging/allocation.ts";
import type { Capacity } from "../../../actors/smart_charging/water_filling.ts";

/** How much a piece is. Figures agree with exact ones within a few pieces. */
export const PIECE = 0.01;

/** What each session gets, in the order given. */
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

  const inLine = sessions.map((session, i) => ({ ...session, i }))
    .filter(({ floor, least, most }) => floor < Math.min(least, most))
    .sort((a, b) => b.weight - a.weight || a.since - b.since || a.id.localeCompare(b.id));
  let next = inLine.shift();
  for (; next && fits(next.i, Math.min(next.least, next.most) - next.floor); next = inLine.shift()) {
    give(next.i, Math.min(next.least, next.most) - next.floor);
  }
  const paused = new Set([next, ...inLine].map((session) => session?.i));

  for (;;) {
    let poorest: number | undefined;
    sessions.forEach((session, i) => {
      if (paused.has(i) || got[i]! + PIECE > session.most + 1e-9 || !fits(i, PIECE)) return;
      if (poorest === undefined || got[i]! / session.weight < got[poorest]! / sessions[poorest]!.weight) poorest = i;
    });
    if (poorest === undefined) return got;
    give(poorest, PIECE);
  }
}
