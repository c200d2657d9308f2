/**
 * One synchronisation, step by step. Each step looks at the rows, does one thing and is done, so it does not matter who takes the next one
 * or when. A command's id is written down before the command is asked for: after a restart there either is a command of that id, and
 * its outcome counts, or there is none, and the message is made anew, from what is desired and known by then.
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

/** What the steps need. */
export interface StepPorts {
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the steps repair what went wrong without being asked. */
  readonly repairsUnasked: boolean;
  /** A synchronisation has ended. */
  ended(sync: LocalListSync): void;
}

/** Full lists and questions that repair one synchronisation, at most, and the pause before each, doubled every time. */
const REPAIRS_MAX = 3;
const REPAIR_AFTER_MS = 30_000;

/** A charge point's queue of commands is full: tried again after. */
const QUEUE_FULL_MS = 5_000;

const AWAY = "The charge point is not connected.";

export class ListSteps {
  constructor(readonly ports: StepPorts) {}

  /** Takes every step that can be taken now. Answers when the next one can be, if that is only a matter of time. */
  async advance(chargePoint: string): Promise<Date | undefined> {
    for (;;) {
      const sync = await this.ports.store.localListSyncs.find(chargePoint);
      if (!sync || !isOpen(sync)) return undefined;
      if (await this.#step(sync)) continue;
      return sync.notBefore && sync.notBefore > this.ports.clock.now() ? sync.notBefore : undefined;
    }
  }

  /** Whether there may be another step right away. */
  async #step(sync: LocalListSync): Promise<boolean> {
    const { store, clock } = this.ports;
    const { chargePoint, expiresAt, commandId, notBefore } = sync;
    const isAway = this.ports.chargePoints.connection(chargePoint) === undefined;
    if (sync.state === "waiting") {
      if (expiresAt && expiresAt <= clock.now()) {
        return await this.#end(sync, "failed", "It was not connected in time.");
      }
      if (!isAway) await store.localListSyncs.resume(chargePoint);
      return !isAway;
    }
    const command = commandId === null ? undefined : await store.commands.find(commandId);
    if (command) {
      const end = endOf(command);
      return end ? await this.#judge(sync, command, end) : false;
    }
    if (notBefore && notBefore > clock.now()) return false;
    return isAway ? await this.#away(sync) : await this.#send(sync);
  }

  async #send(sync: LocalListSync): Promise<boolean> {
    const { store, clock } = this.ports;
    const { chargePoint } = sync;
    const message = await this.#message(sync);
    if (!message) return await this.#allSaid(sync);
    const commandId = sync.commandId ?? uuidVersion7(clock.now());
    if (sync.commandId === null && !await store.localListSyncs.writeDown(chargePoint, commandId)) return true;
    try {
      const { requestedBy } = sync;
      await this.ports.chargePoints.commands.send({ chargePoint, ...message, commandId, requestedBy, waitMs: 0 });
      return true; // it may have ended already: a look at its row costs little
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return await this.#refused(sync, error);
    }
  }

  /** A Differential says nothing of what else may be in a list that is not known. */
  async #allSaid(sync: LocalListSync): Promise<boolean> {
    const { isComplete } = await this.ports.store.knownLocalLists.find(sync.chargePoint);
    return isComplete
      ? await this.#end(sync, "synchronised", null)
      : await this.#end(sync, "inDoubt", "What else is in the list is not known until a Full is accepted.");
  }

  async #refused(sync: LocalListSync, { slug, detail }: CommandRefused): Promise<boolean> {
    if (slug === "charge-point-offline") return await this.#away(sync);
    if (slug !== "command-queue-full") return await this.#end(sync, "failed", detail);
    await this.ports.store.localListSyncs.postpone(sync.chargePoint, this.#in(QUEUE_FULL_MS));
    return true;
  }

  async #away(sync: LocalListSync): Promise<boolean> {
    if (!sync.waitsForChargePoint) return await this.#end(sync, "failed", AWAY);
    await this.ports.store.localListSyncs.wait(sync.chargePoint, AWAY);
    return false;
  }

  /** What is to be said next; undefined when everything has been said. */
  async #message(sync: LocalListSync): Promise<{ action: FromCentralSystem; request: object } | undefined> {
    const { store, clock } = this.ports;
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

  /** A command has ended: what that means for the rest. */
  async #judge(sync: LocalListSync, command: Command, end: CommandEnd): Promise<boolean> {
    const { kind, answer } = end;
    // The charge point never saw it: there is no doubt about the list.
    if (kind === "neverSent") return await this.#neverSent(sync, answer);
    if (command.action === "GetLocalListVersion") return await this.#versionTold(sync, end);
    if (kind === "doubtful") {
      return await this.#doubted(sync, `SendLocalList ended as ${answer}; whether it took effect is not known.`);
    }
    const { store, clock } = this.ports;
    const update = command.request as unknown as SentUpdate;
    // The handler has recorded it already, unless the database was away at that moment.
    await store.knownLocalLists.recordAnswer(command.chargePoint, update, kind, answer, clock.now());
    switch (kind) {
      case "applied":
        return await this.#goOn(sync, { nextStep: "sendDifferential" });
      case "notSupported":
        return await this.#end(sync, "failed", `The charge point keeps no local list: it answered ${answer}.`);
      case "refused":
        // OCPP 1.6 5.15: after Failed or VersionMismatch a Full puts things right; one that is refused itself is not repeated for ever.
        return sync.repairs === 0 && this.ports.repairsUnasked
          ? await this.#goOn(sync, this.#repair(sync, "sendFull"))
          : await this.#end(sync, "failed", `The charge point answered ${answer}.`);
    }
  }

  async #versionTold(sync: LocalListSync, end: CommandEnd): Promise<boolean> {
    const known = await this.ports.store.knownLocalLists.find(sync.chargePoint);
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
    if (state === "connectionLost" && sync.waitsForChargePoint) return this.#away(sync);
    return this.#end(sync, "failed", `The command was never sent: ${state}.`);
  }

  /** A version tells what became of the message. Without automation that is for the operator to ask. */
  async #doubted(sync: LocalListSync, reason: string): Promise<boolean> {
    if (!this.ports.repairsUnasked || sync.repairs >= REPAIRS_MAX) return await this.#end(sync, "inDoubt", reason);
    return await this.#goOn(sync, this.#repair(sync, "askVersion"));
  }

  #repair({ repairs }: LocalListSync, nextStep: LocalListSync["nextStep"]) {
    return { nextStep, repairs: repairs + 1, notBefore: this.#in(REPAIR_AFTER_MS * 2 ** repairs) };
  }

  async #goOn({ chargePoint, commandId }: LocalListSync, next: Parameters<Store["localListSyncs"]["goOn"]>[2]) {
    await this.ports.store.localListSyncs.goOn(chargePoint, commandId!, next);
    return true;
  }

  async #end({ chargePoint }: LocalListSync, end: SyncEnd, reason: string | null): Promise<false> {
    const { store, clock, log } = this.ports;
    const ended = await store.localListSyncs.end(chargePoint, end, reason, clock.now());
    if (!ended) return false;
    const line = end === "synchronised" ? "is as desired" : "could not be brought up to date";
    log[end === "synchronised" ? "info" : "warn"](`${chargePoint} local list ${line}`, reason ? { reason } : {});
    this.ports.ended(ended);
    return false;
  }

  #in(ms: number): Date {
    return new Date(this.ports.clock.now().getTime() + ms);
  }
}

/** Whether a synchronisation has not ended. */
export function isOpen({ state }: Pick<LocalListSync, "state">): boolean {
  return state === "running" || state === "waiting";
}
