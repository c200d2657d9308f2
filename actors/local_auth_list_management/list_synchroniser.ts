/**
 * The shared actor that keeps charge points' local lists as operators want them. What is to be done is in the database: this actor only
 * remembers where it has to look, and reads that anew at its birth. With the setting `automatic` it begins synchronisations by itself, once
 * for each change; else it only carries out those that an operator asked for.
 */
import type { Concerned, LocalListSync } from "../../db/local_auth_list_management/local_list_syncs.ts";
import type { Store } from "../../db/store.ts";
import { WHOLE_CHARGE_POINT } from "../../ocpp/types/connector_id.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import type { Actor, ActorSystem, Context, Reply } from "../runtime/actor.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import type { Settings } from "../settings/settings.ts";
import { beginWhereDifferent } from "./automatic_sync.ts";
import { isOpen, ListSteps } from "./list_steps.ts";

/** What the actor works with. */
export interface Surroundings {
  readonly system: ActorSystem;
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly settings: Pick<Settings, "localLists">;
  readonly signals: Signals;
}

/** What happened. `heard`: something after which a charge point's synchronisation may go on. */
export type ListMail =
  | { readonly kind: "heard" | "begun" | "stepDue" | "conflictReported"; readonly chargePoint: string }
  | { readonly kind: "edited"; readonly concerned: Concerned }
  | { readonly kind: "idTagChanged"; readonly idTag: string }
  | { readonly kind: "endAwaited"; readonly chargePoint: string; readonly reply: Reply<true> }
  | { readonly kind: "workDue" | "lookDue" };

/** Signals are lost now and then, and other processes tell none: everything that is open is looked at this often. */
const LOOK_EVERY_MS = 10_000;

/** The database did not answer. */
const TRY_AGAIN_MS = 2_000;

/** A charge point reports LocalListConflict at every start as long as the lists contradict: one Full in this time is enough. */
const CONFLICT_EVERY_MS = 3_600_000;

/** idTags that are looked for in one statement. */
const ID_TAGS_AT_ONCE = 1000;

/** Whether synchronisations begin by themselves. */
export function isAutomatic({ settings }: Pick<Surroundings, "settings">): boolean {
  return settings.localLists === "automatic";
}

function mailOf(signal: Signal): ListMail | undefined {
  switch (signal.kind) {
    case "commandSettled":
    case "connected":
    case "booted":
      return { kind: "heard", chargePoint: signal.chargePoint };
    case "idTagChanged":
      return { kind: "idTagChanged", idTag: signal.idTag };
    case "chargePointChanged":
      return { kind: "edited", concerned: { chargePoint: signal.chargePoint } };
    case "statusReported": {
      const { connectorId, errorCode, chargePoint } = signal;
      const isConflict = connectorId === WHOLE_CHARGE_POINT && errorCode === "LocalListConflict";
      return isConflict ? { kind: "conflictReported", chargePoint } : undefined;
    }
    default:
      return undefined;
  }
}

export class ListSynchroniser implements Actor<ListMail> {
  readonly #steps: ListSteps;
  readonly #isAutomatic: boolean;
  /** Charge points with something to do, as far as the rows were read. */
  readonly #open = new Set<string>();
  readonly #due = new Set<string>();
  /** What the next work is about. */
  readonly #awake = new Set<string>();
  readonly #idTags = new Set<string>();
  readonly #conflicts = new Set<string>();
  /** At first all: whatever was edited while nothing listened. */
  #concerned: Concerned[] = ["all"];
  /** Those that wait for the end of a charge point's synchronisation. */
  readonly #waiters = new Map<string, Reply<true>[]>();

  constructor(readonly context: Context<ListMail>, readonly around: Surroundings) {
    const { store, chargePoints, signals, system: { clock, log } } = around;
    const repairsUnasked = this.#isAutomatic = isAutomatic(around);
    if (!repairsUnasked) this.#concerned = [];
    this.#steps = new ListSteps({
      store,
      chargePoints,
      clock,
      log,
      repairsUnasked,
      ended: (sync) => this.#ended(sync),
    });
    context.subscribe(signals, mailOf, { key: (mail) => JSON.stringify(mail) });
    context.every(LOOK_EVERY_MS, { kind: "lookDue" }, 0);
  }

  async receive(mail: ListMail): Promise<void> {
    switch (mail.kind) {
      case "heard":
        return this.#open.has(mail.chargePoint) || this.#due.has(mail.chargePoint)
          ? this.#wake(mail.chargePoint)
          : undefined;
      case "begun":
      case "stepDue":
        return this.#wake(mail.chargePoint);
      case "conflictReported":
        this.#conflicts.add(mail.chargePoint);
        return this.#workSoon();
      case "edited":
        return this.#edited(mail.concerned);
      case "idTagChanged":
        if (!this.#isAutomatic) return;
        this.#idTags.add(mail.idTag);
        return this.#workSoon();
      case "endAwaited":
        return await this.#endAwaited(mail.chargePoint, mail.reply);
      case "lookDue":
        return await this.#work(() => this.#look());
      case "workDue":
        return await this.#work(() => {});
    }
  }

  #edited(concerned: Concerned): void {
    if (!this.#isAutomatic) return;
    this.#concerned.push(concerned);
    this.#workSoon();
  }

  #wake(chargePoint: string): void {
    this.#open.add(chargePoint);
    this.#awake.add(chargePoint);
    this.#workSoon();
  }

  /** Behind the mail that waits, so that however much has happened is looked at together. */
  #workSoon(): void {
    this.context.self.tell({ kind: "workDue" }, "work");
  }

  async #work(first: () => void | Promise<void>): Promise<void> {
    try {
      await first();
      await this.#noteChanges();
    } catch (error) {
      this.around.system.log.warn("What local lists are due could not be looked up; tried again", { error });
      this.context.after(TRY_AGAIN_MS, { kind: "workDue" }, "work");
    }
    // What is attended to may wake others.
    for (const chargePoint of this.#awake) {
      this.#awake.delete(chargePoint);
      await this.#attend(chargePoint);
    }
  }

  /** Reads what is open, and wakes what can go on. */
  async #look(): Promise<void> {
    const open = await this.around.store.localListSyncs.listOpen();
    this.#open.clear();
    this.#due.clear();
    const now = this.around.system.clock.now();
    for (const { chargePoint, state, expiresAt, isDue } of open) {
      if (isDue && this.#isAutomatic) this.#due.add(chargePoint);
      if (state === "running" || state === "waiting") this.#open.add(chargePoint);
      const isOver = state === "waiting" && expiresAt !== null && expiresAt <= now;
      if (state === "running" || isOver || this.#isConnected(chargePoint)) this.#awake.add(chargePoint);
    }
  }

  /** Edits and conflicts since the last time, written to the rows. What could not be written is kept for the next time. */
  async #noteChanges(): Promise<void> {
    const { system: { clock }, store: { knownLocalLists, localListSyncs } } = this.around;
    for (const chargePoint of this.#conflicts) {
      const since = new Date(clock.now().getTime() - CONFLICT_EVERY_MS);
      if (await knownLocalLists.recordConflict(chargePoint, since, clock.now())) this.#edited({ chargePoint });
      this.#conflicts.delete(chargePoint);
    }
    for (const concerned of this.#concerned) {
      this.#areDue(await localListSyncs.markDue(concerned));
      this.#concerned = this.#concerned.filter((each) => each !== concerned);
    }
    while (this.#idTags.size > 0) {
      const idTags = [...this.#idTags].slice(0, ID_TAGS_AT_ONCE);
      this.#areDue(await localListSyncs.markDue({ idTags }));
      for (const idTag of idTags) this.#idTags.delete(idTag);
    }
  }

  #areDue(chargePoints: readonly string[]): void {
    for (const chargePoint of chargePoints) {
      this.#due.add(chargePoint);
      if (this.#isConnected(chargePoint)) this.#awake.add(chargePoint);
    }
  }

  #isConnected(chargePoint: string): boolean {
    return this.around.chargePoints.connection(chargePoint) !== undefined;
  }

  /** A failure at one charge point does not stop the others: it is logged and tried again. */
  async #attend(chargePoint: string): Promise<void> {
    const { log, clock } = this.around.system;
    try {
      if (this.#due.has(chargePoint)) await this.#begin(chargePoint);
      this.#open.add(chargePoint); // until the next look, so that no signal of what is begun now is missed
      const next = await this.#steps.advance(chargePoint);
      if (next) {
        this.context.after(Math.max(next.getTime() - clock.now().getTime(), 0), { kind: "stepDue", chargePoint });
      }
    } catch (error) {
      log.error(`${chargePoint} local list could not be looked after; tried again`, { error });
      this.context.after(TRY_AGAIN_MS, { kind: "stepDue", chargePoint });
    }
  }

  /** Begins a synchronisation of our own, where something differs. What cannot be looked at now stays due. */
  async #begin(chargePoint: string): Promise<void> {
    if (!this.#isConnected(chargePoint)) return;
    const { system: { clock }, store } = this.around;
    const found = await beginWhereDifferent(chargePoint, store, clock.now());
    if (found === "busy") return;
    this.#due.delete(chargePoint);
    if (found === "begun") this.#open.add(chargePoint);
  }

  async #endAwaited(chargePoint: string, reply: Reply<true>): Promise<void> {
    const sync = await this.around.store.localListSyncs.find(chargePoint).catch(() => undefined);
    if (sync && !isOpen(sync)) return reply(true);
    this.#waiters.set(chargePoint, [...this.#waiters.get(chargePoint) ?? [], reply]);
  }

  #ended({ chargePoint }: LocalListSync): void {
    this.#open.delete(chargePoint);
    for (const reply of this.#waiters.get(chargePoint) ?? []) reply(true);
    this.#waiters.delete(chargePoint);
    if (this.#due.has(chargePoint)) this.#awake.add(chargePoint);
  }
}
