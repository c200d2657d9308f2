/**
 * Derives from a charge point's composite schedule which profiles in doubt are installed. Each of them may be installed or not, so several
 * combinations are possible. Those that would give another schedule are excluded.
 */
import { type InstalledProfile, replaces } from "./installed_profile.ts";

/** The proved profiles. A profile in neither list stays in doubt. */
export interface ProvedProfiles<P> {
  readonly present: readonly P[];
  readonly absent: readonly P[];
}

/** With more combinations the calculation would take too long, and nothing is proved. */
const STACKS_MAX = 256;

/**
 * A profile is proved present (or absent) when every combination that agrees with the schedule has it (or lacks it). A profile without effect on
 * the schedule, or with the same effect as another one, stays in doubt.
 */
export function provedProfiles<P extends InstalledProfile>(
  certain: readonly P[],
  doubted: readonly P[],
  agrees: (stack: readonly P[]) => boolean,
): ProvedProfiles<P> {
  const possible = combinationsOf(doubted).filter((chosen) => agrees([...certain, ...chosen]));
  if (possible.length === 0) return { present: [], absent: [] };
  return {
    present: doubted.filter((one) => possible.every((chosen) => chosen.includes(one))),
    absent: doubted.filter((one) => !possible.some((chosen) => chosen.includes(one))),
  };
}

/** Every possible combination: of two profiles that replace each other, at most one. Empty: there are too many. */
function combinationsOf<P extends InstalledProfile>(doubted: readonly P[]): P[][] {
  let chosen: P[][] = [[]];
  for (const one of doubted) {
    const free = chosen.filter((others) => !others.some((other) => replaces(one, other)));
    chosen = [...chosen, ...free.map((others) => [...others, one])];
    if (chosen.length > STACKS_MAX) return [];
  }
  return chosen;
}
