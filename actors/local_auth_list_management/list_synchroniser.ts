/**
 * The shared actor that synchronises the local lists of charge points. Its state is in the database; in memory it only has the charge points to check, and
 * reads them again at its start. With the setting `automatic` it begins a synchronisation after each change. Otherwise it only
 * executes the synchronisations that an operator requested.
 */
import type { AffectedLists, LocalListSync } from "../../db/local_auth_list_management/local_list_syncs.ts";
import type { Store } from "../../db/store.ts";
import { WHOLE_CHARGE_POINT } from "../../ocpp/types/connector_id.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import type { Actor, ActorSystem, Context, Reply } from "../runtime/actor.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import type { Settings } from "../settings/settings.ts";
import { beginWhereDifferent } from "./automatic_sync.ts";
import { isOpen, ListSteps } from "./list_steps.ts";

/** The parts of the app that the actor uses. */
export interface LocalListsApp {
  readonly system: ActorSystem;
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly settings: Pick<Settings, "localLists">;
  readonly signals: Signals;
}

/** `signalled`: a signal after which a charge point's synchronisation may go on. `edited`: an operator edited lists. */
export type ListMail =
  | { readonly kind: "signalled" | "begun" | "stepDue" | "conflictReported"; readonly chargePoint: string }
  | { readonly kind: "edited"; readonly concerned: AffectedLists }
  | { readonly kind: "idTagChanged"; readonly idTag: string }
  | { readonly kind: "endAwaited"; readonly chargePoint: string; readonly reply: Reply<true> }
  | { readonly kind: "workDue" | "checkDue" };

/** Interval of checks of all open synchronisations, because signals may be lost and those of other processes do not arrive here. */
const CHECK_INTERVAL_MS = 10_000;

/** Delay after the database did not answer. */
const RETRY_MS = 2_000;

/** Minimum time between two Fulls after a LocalListConflict, which a charge point may report at every start of a transaction. */
const CONFLICT_INTERVAL_MS = 3_600_000;

/** idTags in one statement, at most. */
const ID_TAGS_MAX = 1000;

/** Whether a change leads to a synchronisation without a request of an operator. */
export function isAutomatic({ settings }: Pick<LocalListsApp, "settings">): boolean {
  return settings.localLists === "automatic";
}

function mailOf(signal: Signal): ListMail | undefined {
  switch (signal.kind) {
    case "commandSettled":
    case "connected":
    case "booted":
      return { kind: "signalled", chargePoint: signal.chargePoint };
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

/** The actor itself; `LocalLists` is its interface. */
export class ListSynchroniser implements Actor<ListMail> {
  readonly #steps: ListSteps;
  readonly #isAutomatic: boolean;
  /** Charge points with an open synchronisation. */
  readonly #open = new Set<string>();
  /** Charge points whose list may need a synchronisation. */
  readonly #due = new Set<string>();
  /** Charge points to check with the next mail `workDue`. */
  readonly #toCheck = new Set<string>();
  readonly #idTags = new Set<string>();
  readonly #conflicts = new Set<string>();
  /** Edits to record. At the start all charge points, because edits before the start are not known. */
  #concerned: AffectedLists[] = ["all"];
  /** Requests that wait for the end of a charge point's synchronisation. */
  readonly #waiters = new Map<string, Reply<true>[]>();

  constructor(readonly context: Context<ListMail>, readonly app: LocalListsApp) {
    const { store, chargePoints, signals, system: { clock, log } } = app;
    const repairsAutomatically = this.#isAutomatic = isAutomatic(app);
    if (!repairsAutomatically) this.#concerned = [];
    this.#steps = new ListSteps({
      store,
      chargePoints,
      clock,
      log,
      repairsAutomatically,
      ended: (sync) => this.#ended(sync),
    });
    context.subscribe(signals, mailOf, { key: (mail) => JSON.stringify(mail) });
    context.every(CHECK_INTERVAL_MS, { kind: "checkDue" }, 0);
  }

  async receive(mail: ListMail): Promise<void> {
    switch (mail.kind) {
      case "signalled":
        return this.#open.has(mail.chargePoint) || this.#due.has(mail.chargePoint)
          ? this.#markToCheck(mail.chargePoint)
          : undefined;
      case "begun":
      case "stepDue":
        return this.#markToCheck(mail.chargePoint);
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
      case "checkDue":
        return await this.#work(() => this.#check());
      case "workDue":
        return await this.#work(() => {});
    }
  }

  #edited(concerned: AffectedLists): void {
    if (!this.#isAutomatic) return;
    this.#concerned.push(concerned);
    this.#workSoon();
  }

  #markToCheck(chargePoint: string): void {
    this.#open.add(chargePoint);
    this.#toCheck.add(chargePoint);
    this.#workSoon();
  }

  /** At the end of the mailbox, so that all waiting mail is handled together. */
  #workSoon(): void {
    this.context.self.tell({ kind: "workDue" }, "work");
  }

  async #work(first: () => void | Promise<void>): Promise<void> {
    try {
      await first();
      await this.#noteChanges();
    } catch (error) {
      this.app.system.log.warn("The local lists to synchronise could not be read; retrying soon", { error });
      this.context.after(RETRY_MS, { kind: "workDue" }, "work");
    }
    // The loop sees charge points that are added while it runs.
    for (const chargePoint of this.#toCheck) {
      this.#toCheck.delete(chargePoint);
      await this.#advance(chargePoint);
    }
  }

  /** Reads the open synchronisations, and marks those that can go on. */
  async #check(): Promise<void> {
    const open = await this.app.store.localListSyncs.listOpen();
    this.#open.clear();
    this.#due.clear();
    const now = this.app.system.clock.now();
    for (const { chargePoint, state, expiresAt, isDue } of open) {
      if (isDue && this.#isAutomatic) this.#due.add(chargePoint);
      if (state === "running" || state === "waiting") this.#open.add(chargePoint);
      const isExpired = state === "waiting" && expiresAt !== null && expiresAt <= now;
      if (state === "running" || isExpired || this.#isConnected(chargePoint)) this.#toCheck.add(chargePoint);
    }
  }

  /** Records edits and conflicts since the last call. After an error they are kept for the next call. */
  async #noteChanges(): Promise<void> {
    const { system: { clock }, store: { knownLocalLists, localListSyncs } } = this.app;
    for (const chargePoint of this.#conflicts) {
      const since = new Date(clock.now().getTime() - CONFLICT_INTERVAL_MS);
      if (await knownLocalLists.recordConflict(chargePoint, since, clock.now())) this.#edited({ chargePoint });
      this.#conflicts.delete(chargePoint);
    }
    for (const concerned of this.#concerned) {
      this.#markDue(await localListSyncs.markDue(concerned));
      this.#concerned = this.#concerned.filter((each) => each !== concerned);
    }
    while (this.#idTags.size > 0) {
      const idTags = [...this.#idTags].slice(0, ID_TAGS_MAX);
      this.#markDue(await localListSyncs.markDue({ idTags }));
      for (const idTag of idTags) this.#idTags.delete(idTag);
    }
  }

  #markDue(chargePoints: readonly string[]): void {
    for (const chargePoint of chargePoints) {
      this.#due.add(chargePoint);
      if (this.#isConnected(chargePoint)) this.#toCheck.add(chargePoint);
    }
  }

  #isConnected(chargePoint: string): boolean {
    return this.app.chargePoints.connection(chargePoint) !== undefined;
  }

  /** Continues the synchronisation of one charge point. A failure is logged and retried, and does not stop the others. */
  async #advance(chargePoint: string): Promise<void> {
    const { log, clock } = this.app.system;
    try {
      if (this.#due.has(chargePoint)) await this.#begin(chargePoint);
      this.#open.add(chargePoint); // until the next check, so that a signal of a new synchronisation is not ignored
      const next = await this.#steps.advance(chargePoint);
      if (next) {
        this.context.after(Math.max(next.getTime() - clock.now().getTime(), 0), { kind: "stepDue", chargePoint });
      }
    } catch (error) {
      log.error(`${chargePoint} local list could not be synchronised; retrying soon`, { error });
      this.context.after(RETRY_MS, { kind: "stepDue", chargePoint });
    }
  }

  /** Begins an automatic synchronisation if the list differs. An offline charge point, or one that is busy, stays due. */
  async #begin(chargePoint: string): Promise<void> {
    if (!this.#isConnected(chargePoint)) return;
    const { system: { clock }, store } = this.app;
    const found = await beginWhereDifferent(chargePoint, store, clock.now());
    if (found === "busy") return;
    this.#due.delete(chargePoint);
    if (found === "begun") this.#open.add(chargePoint);
  }

  async #endAwaited(chargePoint: string, reply: Reply<true>): Promise<void> {
    const sync = await this.app.store.localListSyncs.find(chargePoint).catch(() => undefined);
    if (sync && !isOpen(sync)) return reply(true);
    this.#waiters.set(chargePoint, [...this.#waiters.get(chargePoint) ?? [], reply]);
  }

  #ended({ chargePoint }: LocalListSync): void {
    this.#open.delete(chargePoint);
    for (const reply of this.#waiters.get(chargePoint) ?? []) reply(true);
    this.#waiters.delete(chargePoint);
    if (this.#due.has(chargePoint)) this.#toCheck.add(chargePoint);
  }
}
