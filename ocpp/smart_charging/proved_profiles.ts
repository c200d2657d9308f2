/**
 * What a charge point's composite schedule proves about profiles in doubt. Each of them may be there or not; so there are some stacks that the
 * charge point may have, and only those that would have led to the same schedule remain.
 */
import { type InstalledProfile, replaces } from "./installed_profile.ts";

/** What is proved; a profile that is in neither stays in doubt. */
export interface Proved<P> {
  readonly present: readonly P[];
  readonly absent: readonly P[];
}

/** With more of them it would take too long, and nothing is proved. */
const MOST_STACKS = 256;

/**
 * A profile is proved to be there, or not, when that is so in every possible stack that agrees. One that changes nothing in the schedule, or
 * whose work another one could do, is not.
 */
export function proved<P extends InstalledProfile>(
  certain: readonly P[],
  doubted: readonly P[],
  agrees: (stack: readonly P[]) => boolean,
): Proved<P> {
  const possible = choices(doubted).filter((chosen) => agrees([...certain, ...chosen]));
  if (possible.length === 0) return { present: [], absent: [] };
  return {
    present: doubted.filter((one) => possible.every((chosen) => chosen.includes(one))),
    absent: doubted.filter((one) => !possible.some((chosen) => chosen.includes(one))),
  };
}

/** Every choice that can be there together: of two that replace each other, one at most. Empty: there are too many. */
function choices<P extends InstalledProfile>(doubted: readonly P[]): P[][] {
  let chosen: P[][] = [[]];
  for (const one of doubted) {
    const free = chosen.filter((others) => !others.some((other) => replaces(one, other)));
    chosen = [...chosen, ...free.map((others) => [...others, one])];
    if (chosen.length > MOST_STACKS) return [];
  }
  return chosen;
}
