/**
 * The local lists of charge points, as operators see them: an edit is told to the actor that keeps the lists as desired, and a synchronisation that
 * an operator asks for is begun in the database and waited for.
 */
import type { Concerned, LocalListSync } from "../../db/local_auth_list_management/local_list_syncs.ts";
import type { UpdateType } from "../../ocpp/local_auth_list_management/local_list.ts";
import { refuseUnless } from "../charge_point/command_refusals.ts";
import { PERMANENT, type Ref } from "../runtime/actor.ts";
import { isOpen } from "./list_steps.ts";
import { isAutomatic, type ListMail, ListSynchroniser, type Surroundings } from "./list_synchroniser.ts";

/** What an operator asks for. */
export interface SyncRequest {
  readonly chargePoint: string;
  readonly updateType: UpdateType;
  /** Id of the API key. */
  readonly requestedBy: string;
  readonly whenOffline?: "queue";
  readonly expiresInSeconds?: number;
}

const WAITS_SECONDS = 3600;

export class LocalLists {
  readonly #synchroniser: Ref<ListMail>;

  constructor(readonly around: Surroundings) {
    this.#synchroniser = around.system.spawn<ListMail>(
      "local lists",
      (context) => new ListSynchroniser(context, around),
      PERMANENT,
    );
  }

  /** An operator edited lists, or what decides whose they are. */
  edited(concerned: Concerned): void {
    this.#synchroniser.tell({ kind: "edited", concerned });
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
      waitsForChargePoint: whenOffline === "queue" || isAutomatic(this.around),
      requestedBy,
      expiresAt: new Date(clock.now().getTime() + expiresInSeconds * 1000),
    } as const;
    let begun: LocalListSync | undefined;
    for (;;) {
      begun ??= await store.localListSyncs.begin(sync, clock.now());
      if (begun) this.#synchroniser.tell({ kind: "begun", chargePoint });
      const isOver = await this.#endsWithin(chargePoint, untilMs - clock.monotonicMs());
      const found = begun && (await store.localListSyncs.find(chargePoint) ?? begun);
      if (!isOver || (found && !isOpen(found))) return found;
    }
  }

  /** False: the synchronisation of this charge point goes on, or the process ends. */
  async #endsWithin(chargePoint: string, ms: number): Promise<boolean> {
    if (ms <= 0) return false;
    const ended = this.#synchroniser.ask<true>((reply) => ({ kind: "endAwaited", chargePoint, reply }), ms);
    return await ended.catch(() => false);
  }
}
