/**
 * The shared actor that keeps charge points' local lists as operators want them. What is to be done is in the database: this actor only
 * remembers where it has to look, and reads that anew at its birth. With the setting `automatic` it begins synchronisations by itself, once
 * for each change; else it only carries out those that an operator asked for.
 */
import type { Concerned, LocalListSync } from "../../db/local_auth_list_management/local_list_syncs.ts";
import type { Store } from "../../db/store.ts";
import type { UpdateType } from "../../ocpp/local_auth_list_management/local_list.ts";
import { WHOLE_CHARGE_POINT } from "../../ocpp/types/connector_id.ts";
import type { ActorSystem, Context } from "../runtime/actor.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import { refuseUnless } from "../charge_point/command_refusals.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import type { Settings } from "../settings/settings.ts";
import { beginWhereDifferent } from "./automatic_sync.ts";
import { Endings } from "./waiters.ts";
import { isOpen, ListSteps } from "./list_steps.ts";

/** What an operator asks for. */
export interface SyncRequest {
  readonly chargePoint: string;
  readonly updateType: UpdateType;
  /** Id of the API key. */
  readonly requestedBy: string;
  readonly whenOffline?: "queue";
  readonly expiresInSeconds?: number;
}

interface Surroundings {
  readonly system: ActorSystem;
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly settings: Pick<Settings, "localLists">;
  readonly signals: Signals;
}

/** Signal is lost now and then, and other processes tell none: everything that is open is looked at this often. */
const LOOK_EVERY_MS = 10_000;

/** The database did not answer. */
const TRY_AGAIN_MS = 2_000;

/** A charge point reports LocalListConflict at every start as long as the lists contradict: one Full in this time is enough. */
const CONFLICT_EVERY_MS = 3_600_000;

const WAITS_SECONDS = 3600;

/** idTags that are looked for in one statement. */
const ID_TAGS_AT_ONCE = 1000;

type Mail = { readonly kind: "work" | "look" } | { readonly kind: "wake"; readonly chargePoint: string };

export class LocalLists {
  readonly #steps: ListSteps;
  readonly #isAutomatic: boolean;
  /** Charge points with something to do, as far as the rows were read. */
  readonly #open = new Set<string>();
  readonly #due = new Set<string>();
  /** What the next work is about. */
  readonly #awake = new Set<string>();
  readonly #idTags = new Set<string>();
  readonly #conflicts = new Set<string>();
  #concerned: Concerned[] = [];
  readonly #endings: Endings;
  #context: Context<Mail> | undefined;
  #isAsked = false;

  constructor(readonly around: Surroundings) {
    const { system, store, chargePoints, settings, signals } = around;
    this.#isAutomatic = settings.localLists === "automatic";
    this.#endings = new Endings(system.clock);
    this.#steps = new ListSteps({
      store,
      chargePoints,
      clock: system.clock,
      log: system.log,
      mends: this.#isAutomatic,
      ended: (sync) => this.#ended(sync),
    });
    const stopListening = signals.listen((item) => this.#hear(item));
    system.spawn<Mail>("local lists", (context) => {
      this.#context = context;
      this.#isAsked = false;
      // Whatever was edited while nobody listened.
      if (this.#isAutomatic) this.#concerned = ["all"];
      context.after(0, { kind: "look" });
      return { receive: (mail) => this.#receive(mail), stopped: () => this.#stopped(stopListening) };
    }, { restartsPerMinute: 60 });
  }

  /**
   * Begins a synchronisation, after the one that is running, and answers with it as it has ended, or as it is after `waitMs`. Undefined: another
   * one ran all the time. Throws CommandRefused.
   */
  async synchronise(request: SyncRequest, waitMs: number): Promise<LocalListSync | undefined> {
    const { system: { clock }, store, chargePoints } = this.around;
    const { chargePoint, updateType, requestedBy, whenOffline, expiresInSeconds = WAITS_SECONDS } = request;
    const connected = chargePoints.connection(chargePoint) !== undefined;
    const call = { chargePoint, action: "SendLocalList", request: {}, requestedBy, whenOffline, waitMs } as const;
    refuseUnless(call, { chargePoint: await store.chargePoints.find(chargePoint), connected });

    const untilMs = clock.monotonicMs() + waitMs;
    const sync = {
      chargePoint,
      updateType,
      nextStep: updateType === "Full" ? "sendFull" : "sendDifferential",
      waitsForChargePoint: whenOffline === "queue" || this.#isAutomatic,
      requestedBy,
      expiresAt: new Date(clock.now().getTime() + expiresInSeconds * 1000),
    } as const;
    let begun: LocalListSync | undefined;
    for (;;) {
      const hasEnded = this.#endings.within(chargePoint, untilMs - clock.monotonicMs());
      begun ??= await store.localListSyncs.begin(sync, clock.now());
      if (begun) this.#wake(chargePoint);
      const isOver = await hasEnded;
      const found = begun && (await store.localListSyncs.find(chargePoint) ?? begun);
      if (!isOver || (found && !isOpen(found))) return found;
    }
  }

  /** An operator edited lists, or what decides whose they are. */
  edited(concerned: Concerned): void {
    if (!this.#isAutomatic) return;
    this.#concerned.push(concerned);
    this.#work();
  }

  #hear(item: Signal): void {
    switch (item.kind) {
      case "commandSettled":
      case "connected":
      case "booted":
        if (this.#open.has(item.chargePoint) || this.#due.has(item.chargePoint)) this.#wake(item.chargePoint);
        return;
      case "idTagChanged":
        if (!this.#isAutomatic) return;
        this.#idTags.add(item.idTag);
        return this.#work();
      case "chargePointChanged":
        return this.edited({ chargePoint: item.chargePoint });
      case "statusReported":
        if (item.connectorId !== WHOLE_CHARGE_POINT || item.errorCode !== "LocalListConflict") return;
        this.#conflicts.add(item.chargePoint);
        return this.#work();
    }
  }

  #wake(chargePoint: string): void {
    this.#open.add(chargePoint);
    this.#awake.add(chargePoint);
    this.#work();
  }

  #work(): void {
    if (this.#isAsked) return;
    this.#isAsked = this.#context?.self.tell({ kind: "work" }) ?? false;
  }

  async #receive(mail: Mail): Promise<void> {
    if (mail.kind === "work") this.#isAsked = false;
    if (mail.kind === "wake") this.#awake.add(mail.chargePoint);
    try {
      if (mail.kind === "look") await this.#look();
      await this.#noteChanges();
    } catch (error) {
      this.around.system.log.warn("What local lists are due could not be looked up; tried again", { error });
      this.#context!.after(TRY_AGAIN_MS, { kind: "work" });
    }
    // What is attended to may wake others.
    for (const chargePoint of this.#awake) {
      this.#awake.delete(chargePoint);
      await this.#attend(chargePoint);
    }
    if (mail.kind === "look") this.#context!.after(LOOK_EVERY_MS, { kind: "look" });
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
      if (await knownLocalLists.recordConflict(chargePoint, since, clock.now())) this.edited({ chargePoint });
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

  /** One charge point's failure is nobody else's: it is logged and tried again. */
  async #attend(chargePoint: string): Promise<void> {
    const { log, clock } = this.around.system;
    try {
      if (this.#due.has(chargePoint)) await this.#begin(chargePoint);
      this.#open.add(chargePoint); // until the next look, so that no signals of what is begun now is missed
      const next = await this.#steps.advance(chargePoint);
      if (next) {
        this.#context!.after(Math.max(next.getTime() - clock.now().getTime(), 0), { kind: "wake", chargePoint });
      }
    } catch (error) {
      log.error(`${chargePoint} local list could not be looked after; tried again`, { error });
      this.#context!.after(TRY_AGAIN_MS, { kind: "wake", chargePoint });
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

  #ended({ chargePoint }: LocalListSync): void {
    this.#open.delete(chargePoint);
    this.#endings.tell(chargePoint);
    if (this.#due.has(chargePoint)) this.#awake.add(chargePoint);
  }

  #stopped(stopListening: () => void): void {
    stopListening();
    this.#endings.tellAll();
  }
}
