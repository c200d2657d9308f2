/**
 * When each charge point was last heard and what it did wrong, gathered in memory and written for all of them together. Losing the last
 * half minute of it in a crash costs nobody anything, so it is the one thing that is confirmed before it is committed.
 */
import type { Store } from "../../db/store.ts";
import type { ActorSystem } from "../runtime/actor.ts";

/** The last sign of life, and deviations counted since the last write. */
export interface Sighting {
  at: Date;
  remoteAddress: string;
  /** How it reaches us, where it said so. */
  dialled?: string | undefined;
  deviations: Record<string, number>;
}

/** How often sightings are written. */
const WRITE_MS = 30_000;

export class LastSeen {
  #seen = new Map<string, Sighting>();
  #beingWritten = new Map<string, Sighting>();

  constructor(system: ActorSystem, readonly store: Store) {
    system.spawn<"write">("sightings", (context) => {
      context.after(WRITE_MS, "write");
      return {
        receive: async () => {
          context.after(WRITE_MS, "write");
          await this.#write().catch((error) => system.log.warn("Last-seen times could not be written", { error }));
        },
        stopped: () => this.#write(),
      };
    }, { restartsPerMinute: 60 });
  }

  /** A charge point was heard. */
  seen(identity: string, at: Date, { remoteAddress, dialled }: Pick<Sighting, "remoteAddress" | "dialled">): void {
    const known = this.#seen.get(identity);
    if (known) {
      known.at = at;
      known.remoteAddress = remoteAddress;
      known.dialled = dialled ?? known.dialled;
    } else this.#seen.set(identity, { at, remoteAddress, dialled, deviations: {} });
  }

  /** A charge point that was seen did something wrong, once for each kind named. */
  deviated(identity: string, kinds: readonly string[]): void {
    const sighting = this.#seen.get(identity);
    if (!sighting) return;
    for (const kind of kinds) sighting.deviations[kind] = (sighting.deviations[kind] ?? 0) + 1;
  }

  /** What is not in the charge point's row yet. */
  unwritten(identity: string): Sighting | undefined {
    const newer = this.#seen.get(identity);
    const older = this.#beingWritten.get(identity);
    return newer && older ? { ...newer, deviations: added(older.deviations, newer.deviations) } : newer ?? older;
  }

  async #write(): Promise<void> {
    if (this.#seen.size === 0) return;
    this.#beingWritten = this.#seen;
    this.#seen = new Map();
    try {
      const rows = [...this.#beingWritten].map(([identity, sighting]) => ({ identity, ...sighting }));
      await this.store.chargePoints.recordSeen(rows);
    } finally {
      this.#beingWritten = new Map();
    }
  }
}

/** Two counts by kind, added up. */
export function added(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...one };
  for (const [kind, count] of Object.entries(other)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
}
