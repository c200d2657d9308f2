/**
 * When each charge point was last seen, and its deviations from the specification. Both are collected in memory and written for all charge points together. A
 * crash loses at most half a minute of them, which does no harm: this is the only data that is not committed before an answer.
 */
import type { Store } from "../../db/store.ts";
import type { Actor, ActorSystem, Context, Ref } from "../runtime/actor.ts";
import type { Log } from "../runtime/log.ts";

/** Where a charge point was seen. `dialled`: the base URL from its Host header. */
export interface SeenAt {
  readonly remoteAddress: string;
  readonly dialled?: string | undefined;
}

/** When and where a charge point was last seen, and its deviations by kind since the last write. */
export interface Seen extends SeenAt {
  readonly at: Date;
  readonly deviations: Readonly<Record<string, number>>;
}

type LastSeenMail =
  | { readonly kind: "seen"; readonly identity: string; readonly at: Date; readonly seenAt: SeenAt }
  | { readonly kind: "deviated"; readonly identity: string; readonly deviations: readonly string[] }
  | { readonly kind: "writeDue" | "written" }
  | { readonly kind: "notWritten"; readonly error: unknown };

type SeenByIdentity = Map<string, Seen>;

/** Interval of the writes. */
const WRITE_MS = 30_000;

/** The interface of the actor, for connections and the API. */
export class LastSeen {
  readonly #actor: Ref<LastSeenMail>;
  /** Read without mail. Only the actor writes them. */
  readonly #seen: Readonly<SeenByIdentity>;
  readonly #beingWritten: Readonly<SeenByIdentity>;

  constructor(system: ActorSystem, store: Store) {
    const [seen, beingWritten]: [SeenByIdentity, SeenByIdentity] = [new Map(), new Map()];
    this.#seen = seen;
    this.#beingWritten = beingWritten;
    const create = (context: Context<LastSeenMail>) =>
      new LastSeenActor(context, system.log, store, seen, beingWritten);
    this.#actor = system.spawn("last seen", create, { restartsPerMinute: 60, drains: true });
  }

  /** Call after a frame of a charge point. */
  seen(identity: string, at: Date, seenAt: SeenAt): void {
    this.#actor.tell({ kind: "seen", identity, at, seenAt });
  }

  /** Counts deviations of a charge point, one for each kind in the list. */
  deviated(identity: string, deviations: readonly string[]): void {
    this.#actor.tell({ kind: "deviated", identity, deviations });
  }

  /** The data that is not in the charge point's row yet. */
  unwritten(identity: string): Seen | undefined {
    const newer = this.#seen.get(identity);
    const older = this.#beingWritten.get(identity);
    return newer && older ? { ...newer, deviations: added(older.deviations, newer.deviations) } : newer ?? older;
  }
}

/** Never awaits the database, because there is mail for each frame of each charge point. */
class LastSeenActor implements Actor<LastSeenMail> {
  #writing: Promise<void> | undefined;

  constructor(
    readonly context: Context<LastSeenMail>,
    readonly log: Log,
    readonly store: Store,
    readonly unwritten: SeenByIdentity,
    readonly beingWritten: SeenByIdentity,
  ) {
    beingWritten.clear();
    context.every(WRITE_MS, { kind: "writeDue" });
  }

  receive(mail: LastSeenMail): void {
    switch (mail.kind) {
      case "seen":
        return this.#seen(mail.identity, mail.at, mail.seenAt);
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

  #seen(identity: string, at: Date, { remoteAddress, dialled }: SeenAt): void {
    const known = this.unwritten.get(identity);
    const deviations = known?.deviations ?? {};
    this.unwritten.set(identity, { at, remoteAddress, dialled: dialled ?? known?.dialled, deviations });
  }

  #deviated(identity: string, kinds: readonly string[]): void {
    const known = this.unwritten.get(identity);
    if (!known) return;
    const deviations = kinds.reduce((sum, kind) => added(sum, { [kind]: 1 }), known.deviations);
    this.unwritten.set(identity, { ...known, deviations });
  }

  async #write(): Promise<void> {
    for (const [identity, seen] of this.unwritten) this.beingWritten.set(identity, seen);
    this.unwritten.clear();
    if (this.beingWritten.size === 0) return;
    const rows = [...this.beingWritten].map(([identity, seen]) => ({ identity, ...seen }));
    await this.store.chargePoints.recordSeen(rows);
  }
}

/** Adds two counts by kind. */
export function added(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...one };
  for (const [kind, count] of Object.entries(other)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
}
