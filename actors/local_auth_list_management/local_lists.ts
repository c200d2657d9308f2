/**
 * The interface of the local lists for the API. An edit is passed to the actor that synchronises the lists. A synchronisation that an operator
 * requests is begun in the database, and the request waits for its end.
 */
import type { AffectedLists, LocalListSync } from "../../db/local_auth_list_management/local_list_syncs.ts";
import type { UpdateType } from "../../ocpp/local_auth_list_management/local_list.ts";
import { refuseUnless } from "../charge_point/command_refusals.ts";
import { PERMANENT, type Ref } from "../runtime/actor.ts";
import { isOpen } from "./list_steps.ts";
import { isAutomatic, type ListMail, ListSynchroniser, type LocalListsApp } from "./list_synchroniser.ts";

/** An operator's request for a synchronisation. */
export interface SyncRequest {
  readonly chargePoint: string;
  readonly updateType: UpdateType;
  /** Id of the API key. */
  readonly requestedBy: string;
  readonly whenOffline?: "queue";
  readonly expiresInSeconds?: number;
}

const DEFAULT_EXPIRES_IN_SECONDS = 3600;

/** Starts the actor and passes requests on to it. */
export class LocalLists {
  readonly #synchroniser: Ref<ListMail>;

  constructor(readonly app: LocalListsApp) {
    this.#synchroniser = app.system.spawn<ListMail>(
      "local lists",
      (context) => new ListSynchroniser(context, app),
      PERMANENT,
    );
  }

  /** Call after an operator edited lists, or the labels that decide which charge points a list is for. */
  edited(concerned: AffectedLists): void {
    this.#synchroniser.tell({ kind: "edited", concerned });
  }

  /**
   * Begins a synchronisation, if necessary after the running one has ended. Returns it when it has ended, or its state after `waitMs`. Undefined:
   * another one ran all the time. Throws CommandRefused.
   */
  async synchronise(request: SyncRequest, waitMs: number): Promise<LocalListSync | undefined> {
    const { system: { clock }, store, chargePoints } = this.app;
    const { chargePoint, updateType, requestedBy, whenOffline, expiresInSeconds = DEFAULT_EXPIRES_IN_SECONDS } =
      request;
    const connected = chargePoints.connection(chargePoint) !== undefined;
    const call = { chargePoint, action: "SendLocalList", request: {}, requestedBy, whenOffline, waitMs } as const;
    refuseUnless(call, { chargePoint: await store.chargePoints.find(chargePoint), connected });

    const untilMs = clock.monotonicMs() + waitMs;
    const sync = {
      chargePoint,
      updateType,
      nextStep: updateType === "Full" ? "sendFull" : "sendDifferential",
      waitsForChargePoint: whenOffline === "queue" || isAutomatic(this.app),
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

  /** Waits for the end of a charge point's synchronisation. Returns false if it goes on after `ms`, or if the process ends. */
  async #endsWithin(chargePoint: string, ms: number): Promise<boolean> {
    if (ms <= 0) return false;
    const ended = this.#synchroniser.ask<true>((reply) => ({ kind: "endAwaited", chargePoint, reply }), ms);
    return await ended.catch(() => false);
  }
}
