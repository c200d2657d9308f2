/**
 * When each charge point was last heard and what it did wrong, gathered in memory and written for all of them together. Losing the last
 * half minute of it in a crash does no harm, so it is the one thing that is confirmed before it is committed.
 */
import type { Store } from "../../db/store.ts";
import type { Actor, ActorSystem, Context, Ref } from "../runtime/actor.ts";
import type { Log } from "../runtime/log.ts";

/** Where a charge point was heard. `dialled`: how it reaches us, where it said so. */
export interface Whereabouts {
  readonly remoteAddress: string;
  readonly dialled?: string | undefined;
}

/** The last sign of life, and deviations counted since the last write. */
export interface Sighting extends Whereabouts {
  readonly at: Date;
  readonly deviations: Readonly<Record<string, number>>;
}

type LastSeenMail =
  | { readonly kind: "seen"; readonly identity: string; readonly at: Date; readonly whereabouts: Whereabouts }
  | { readonly kind: "deviated"; readonly identity: string; readonly deviations: readonly string[] }
  | { readonly kind: "writeDue" | "written" }
  | { readonly kind: "notWritten"; readonly error: unknown };

type Sightings = Map<string, Sighting>;

/** How often sightings are written. */
const WRITE_MS = 30_000;

/** The sightings of all charge points. */
export class LastSeen {
  readonly #actor: Ref<LastSeenMail>;
  /** Written by the actor alone; read here. */
  readonly #seen: Readonly<Sightings>;
  readonly #beingWritten: Readonly<Sightings>;

  constructor(system: ActorSystem, store: Store) {
    const [seen, beingWritten]: [Sightings, Sightings] = [new Map(), new Map()];
    this.#seen = seen;
    this.#beingWritten = beingWritten;
    const create = (context: Context<LastSeenMail>) =>
      new LastSeenActor(context, system.log, store, seen, beingWritten);
    this.#actor = system.spawn("last seen", create, { restartsPerMinute: 60, drains: true });
  }

  /** A charge point was heard. */
  seen(identity: string, at: Date, whereabouts: Whereabouts): void {
    this.#actor.tell({ kind: "seen", identity, at, whereabouts });
  }

  /** A charge point that was seen did something wrong, once for each kind named. */
  deviated(identity: string, deviations: readonly string[]): void {
    this.#actor.tell({ kind: "deviated", identity, deviations });
  }

  /** What is not in the charge point's row yet. */
  unwritten(identity: string): Sighting | undefined {
    const newer = this.#seen.get(identity);
    const older = this.#beingWritten.get(identity);
    return newer && older ? { ...newer, deviations: added(older.deviations, newer.deviations) } : newer ?? older;
  }
}

/** Never waits for the database, because each frame of each charge point is mail. */
class LastSeenActor implements Actor<LastSeenMail> {
  #writing: Promise<void> | undefined;

  constructor(
    readonly context: Context<LastSeenMail>,
    readonly log: Log,
    readonly store: Store,
    readonly sightings: Sightings,
    readonly beingWritten: Sightings,
  ) {
    beingWritten.clear();
    context.every(WRITE_MS, { kind: "writeDue" });
  }

  receive(mail: LastSeenMail): void {
    switch (mail.kind) {
      case "seen":
        return this.#seen(mail.identity, mail.at, mail.whereabouts);
      case "deviated":
        return this.#deviated(mail.identity, mail.deviations);
      case "writeDue":
        if (this.beingWritten.size > 0) return;
        this.#writing = this.#write();
        return this.context.pipe(
          this.#writing,
          () => ({ kind: "written" }),
          (error) => ({ kind: "notWritten", error }),
        );
      case "notWritten":
        this.log.warn("Last-seen times could not be written", { error: mail.error });
        return this.beingWritten.clear();
      case "written":
        return this.beingWritten.clear();
    }
  }

  async stopped(): Promise<void> {
    await this.#writing?.catch(() => {});
    this.beingWritten.clear();
    await this.#write();
  }

  #seen(identity: string, at: Date, { remoteAddress, dialled }: Whereabouts): void {
    const known = this.sightings.get(identity);
    const deviations = known?.deviations ?? {};
    this.sightings.set(identity, { at, remoteAddress, dialled: dialled ?? known?.dialled, deviations });
  }

  #deviated(identity: string, kinds: readonly string[]): void {
    const known = this.sightings.get(identity);
    if (!known) return;
    const deviations = kinds.reduce((sum, kind) => added(sum, { [kind]: 1 }), known.deviations);
    this.sightings.set(identity, { ...known, deviations });
  }

  async #write(): Promise<void> {
    for (const [identity, sighting] of this.sightings) this.beingWritten.set(identity, sighting);
    this.sightings.clear();
    if (this.beingWritten.size === 0) return;
    const rows = [...this.beingWritten].map(([identity, sighting]) => ({ identity, ...sighting }));
    await this.store.chargePoints.recordSeen(rows);
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
