/**
 * The steps of one synchronisation. Each step reads the rows and does one thing, so any process can take the next step at any time. A command's id is
 * stored before the command is made. After a restart there is either a command with that id, whose outcome counts, or none, and
 * the message is made again from the current rows.
 */
import type { Command } from "../../db/commands.ts";
import type { SentUpdate } from "../../db/local_auth_list_management/known_local_lists.ts";
import type { LocalListSync, SyncEnd } from "../../db/local_auth_list_management/local_list_syncs.ts";
import type { Store } from "../../db/store.ts";
import { nextVersion, updatesFor, type UpdateType } from "../../ocpp/local_auth_list_management/local_list.ts";
import { type CommandEnd, endOf } from "../../ocpp/command_end.ts";
import type { FromCentralSystem } from "../../ocpp/registry.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import type { Clock } from "../runtime/clock.ts";
import { CommandRefused } from "../charge_point/command_refusals.ts";
import type { Log } from "../runtime/log.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";
import { desiredListOf } from "./desired_list.ts";

/** The parts of the app that the steps use. */
export interface ListStepsApp {
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a synchronisation that fails is repaired without a request of an operator. */
  readonly repairsAutomatically: boolean;
  /** Called when a synchronisation has ended. */
  ended(sync: LocalListSync): void;
}

/** Repairs of one synchronisation, at most (a Full or a GetLocalListVersion), and the pause before the first, which doubles each time. */
const REPAIRS_MAX = 3;
const REPAIR_AFTER_MS = 30_000;

/** Delay of the next attempt when the charge point's command queue is full. */
const QUEUE_FULL_MS = 5_000;

const OFFLINE = "The charge point is not connected.";

/** Takes the steps of all synchronisations. */
export class ListSteps {
  constructor(readonly app: ListStepsApp) {}

  /** Takes every step that can be taken now. Returns the time of the next one; undefined: it waits for something else. */
  async advance(chargePoint: string): Promise<Date | undefined> {
    for (;;) {
      const sync = await this.app.store.localListSyncs.find(chargePoint);
      if (!sync || !isOpen(sync)) return undefined;
      if (await this.#step(sync)) continue;
      return sync.notBefore && sync.notBefore > this.app.clock.now() ? sync.notBefore : undefined;
    }
  }

  /** Takes one step. Returns whether there may be another one right away. */
  async #step(sync: LocalListSync): Promise<boolean> {
    const { store, clock } = this.app;
    const { chargePoint, expiresAt, commandId, notBefore } = sync;
    const isOffline = this.app.chargePoints.connection(chargePoint) === undefined;
    if (sync.state === "waiting") {
      if (expiresAt && expiresAt <= clock.now()) {
        return await this.#end(sync, "failed", "The charge point did not connect in time.");
      }
      if (!isOffline) await store.localListSyncs.resume(chargePoint);
      return !isOffline;
    }
    const command = commandId === null ? undefined : await store.commands.find(commandId);
    if (command) {
      const end = endOf(command);
      return end ? await this.#judge(sync, command, end) : false;
    }
    if (notBefore && notBefore > clock.now()) return false;
    return isOffline ? await this.#offline(sync) : await this.#send(sync);
  }

  async #send(sync: LocalListSync): Promise<boolean> {
    const { store, clock } = this.app;
    const { chargePoint } = sync;
    const message = await this.#message(sync);
    if (!message) return await this.#allSent(sync);
    const commandId = sync.commandId ?? uuidVersion7(clock.now());
    if (sync.commandId === null && !await store.localListSyncs.recordCommandId(chargePoint, commandId)) return true;
    try {
      const { requestedBy } = sync;
      await this.app.chargePoints.commands.send({ chargePoint, ...message, commandId, requestedBy, waitMs: 0 });
      return true; // the command may have ended already, and reading its row costs little
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return await this.#refused(sync, error);
    }
  }

  /** A Differential does not remove other entries from a list that is not known completely. */
  async #allSent(sync: LocalListSync): Promise<boolean> {
    const { isComplete } = await this.app.store.knownLocalLists.find(sync.chargePoint);
    return isComplete ? await this.#end(sync, "synchronised", null) : await this.#end(
      sync,
      "inDoubt",
      "The list may have other entries, too, until the charge point accepts a Full.",
    );
  }

  async #refused(sync: LocalListSync, { slug, detail }: CommandRefused): Promise<boolean> {
    if (slug === "charge-point-offline") return await this.#offline(sync);
    if (slug !== "command-queue-full") return await this.#end(sync, "failed", detail);
    await this.app.store.localListSyncs.postpone(sync.chargePoint, this.#in(QUEUE_FULL_MS));
    return true;
  }

  async #offline(sync: LocalListSync): Promise<boolean> {
    if (!sync.waitsForChargePoint) return await this.#end(sync, "failed", OFFLINE);
    await this.app.store.localListSyncs.wait(sync.chargePoint, OFFLINE);
    return false;
  }

  /** The next message to send; undefined: the list is up to date. */
  async #message(sync: LocalListSync): Promise<{ action: FromCentralSystem; request: object } | undefined> {
    const { store, clock } = this.app;
    if (sync.nextStep === "askVersion") return { action: "GetLocalListVersion", request: {} };
    const now = clock.now();
    const [known, desired, chargePoint] = await Promise.all([
      store.knownLocalLists.find(sync.chargePoint),
      desiredListOf(sync.chargePoint, store, now),
      store.chargePoints.find(sync.chargePoint),
    ]);
    const entries = desired.entries.map(({ idTag, idTagInfo }) => ({ idTag, idTagInfo }));
    const updateType: UpdateType = sync.nextStep === "sendFull" ? "Full" : "Differential";
    const [update] = updatesFor({ updateType, known, desired: entries, limits: desired.limits, now });
    if (!update) return undefined;
    const listVersion = nextVersion(known.version, known.highestVersion, chargePoint?.localListVersion ?? null);
    const request = { listVersion, localAuthorizationList: [...update.entries], updateType: update.updateType };
    return { action: "SendLocalList", request };
  }

  /** Continues after the end of a command. */
  async #judge(sync: LocalListSync, command: Command, end: CommandEnd): Promise<boolean> {
    const { kind, answer } = end;
    // The command was never sent, so the list is not in doubt.
    if (kind === "neverSent") return await this.#neverSent(sync, answer);
    if (command.action === "GetLocalListVersion") return await this.#versionAnswered(sync, end);
    if (kind === "doubtful") {
      return await this.#doubted(sync, `SendLocalList ended as ${answer}; whether it took effect is not known.`);
    }
    const { store, clock } = this.app;
    const update = command.request as unknown as SentUpdate;
    // The handler has recorded the answer already, unless the database did not answer at that moment.
    await store.knownLocalLists.recordAnswer(command.chargePoint, update, kind, answer, clock.now());
    switch (kind) {
      case "applied":
        return await this.#goOn(sync, { nextStep: "sendDifferential" });
      case "notSupported":
        return await this.#end(sync, "failed", `The charge point keeps no local list: it answered ${answer}.`);
      case "refused":
        // OCPP 1.6 5.15: after Failed or VersionMismatch a Full repairs the list. It is sent once, not again if it is refused, too.
        return sync.repairs === 0 && this.app.repairsAutomatically
          ? await this.#goOn(sync, this.#repair(sync, "sendFull"))
          : await this.#end(sync, "failed", `The charge point answered ${answer}.`);
    }
  }

  async #versionAnswered(sync: LocalListSync, end: CommandEnd): Promise<boolean> {
    const known = await this.app.store.knownLocalLists.find(sync.chargePoint);
    const { listVersion } = (end.confirmation ?? {}) as { listVersion?: number };
    if (listVersion === -1 || end.kind === "notSupported") {
      return await this.#end(sync, "failed", "The charge point says that it keeps no local list.");
    }
    if (end.kind === "applied" && known.pendingVersion === null) {
      return await this.#goOn(sync, { nextStep: known.isComplete ? "sendDifferential" : "sendFull" });
    }
    const how = end.confirmation ? "answered" : end.answer;
    return await this.#doubted(sync, `GetLocalListVersion ended as ${how}; what the charge point has is not known.`);
  }

  #neverSent(sync: LocalListSync, state: string): Promise<boolean> {
    if (state === "connectionLost" && sync.waitsForChargePoint) return this.#offline(sync);
    return this.#end(sync, "failed", `The command was never sent: ${state}.`);
  }

  /** The version shows whether the message took effect. Without automation the operator has to request it. */
  async #doubted(sync: LocalListSync, reason: string): Promise<boolean> {
    if (!this.app.repairsAutomatically || sync.repairs >= REPAIRS_MAX) return await this.#end(sync, "inDoubt", reason);
    return await this.#goOn(sync, this.#repair(sync, "askVersion"));
  }

  #repair({ repairs }: LocalListSync, nextStep: LocalListSync["nextStep"]) {
    return { nextStep, repairs: repairs + 1, notBefore: this.#in(REPAIR_AFTER_MS * 2 ** repairs) };
  }

  async #goOn({ chargePoint, commandId }: LocalListSync, next: Parameters<Store["localListSyncs"]["proceed"]>[2]) {
    await this.app.store.localListSyncs.proceed(chargePoint, commandId!, next);
    return true;
  }

  async #end({ chargePoint }: LocalListSync, end: SyncEnd, reason: string | null): Promise<false> {
    const { store, clock, log } = this.app;
    const ended = await store.localListSyncs.end(chargePoint, end, reason, clock.now());
    if (!ended) return false;
    const line = end === "synchronised" ? "is synchronised" : "could not be synchronised";
    log[end === "synchronised" ? "info" : "warn"](`${chargePoint} local list ${line}`, reason ? { reason } : {});
    this.app.ended(ended);
    return false;
  }

  #in(ms: number): Date {
    return new Date(this.app.clock.now().getTime() + ms);
  }
}

/** Whether a synchronisation has not ended. */
export function isOpen({ state }: Pick<LocalListSync, "state">): boolean {
  return state === "running" || state === "waiting";
}
