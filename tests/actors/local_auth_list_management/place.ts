/**
 * One charge point at a Central System of which the test owns the clock, the wire and the moment at which it dies. The actors and the
 * database are the real ones; the charge point is the model of OCPP 1.6 5.15.
 */
import { assert } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import type { Session } from "../../../actors/charge_point/connection.ts";
import type { Connection } from "../../../actors/charge_point/connection.ts";
import { LocalLists } from "../../../actors/local_auth_list_management/local_lists.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { Signals } from "../../../actors/runtime/signals.ts";
import { type Settings, settingsWith } from "../../../actors/settings/settings.ts";
import type { Store } from "../../../db/store.ts";
import type { ListUpdate } from "../../../ocpp/local_auth_list_management/local_list.ts";
import { within } from "../../conformance/within.ts";
import { fields, fresh } from "../../db/facts.ts";
import { FakeClock } from "../../fake_clock.ts";
import { ModelChargePoint } from "../../ocpp/local_auth_list_management/model_charge_point.ts";
import { watchedStore } from "../charge_point/watched_store.ts";

/** What the charge point does with one CALL: a status, an error code, nothing at all, or what the model says. */
export type Answer = { readonly status: string } | { readonly errorCode: string } | "silent" | "lost" | "well";

/** A SendLocalList as it crossed the wire. */
export interface Sent extends ListUpdate {
  readonly listVersion: number;
}

/** The n-th statement from now on: `once` it fails, or the process is `dead` from there on. */
interface Failing {
  at: number;
  readonly how: "once" | "dead";
}

/** Times that are longer pass in leaps of this. */
const STRIDE_MS = 15_000;

export class Place {
  readonly identity = fresh("LIST-");
  readonly model: ModelChargePoint;
  readonly sent: Sent[] = [];
  readonly asked: string[] = [];
  /** Decides about the next CALLs; the model answers when it says nothing. */
  answer: (action: string) => Answer = () => "well";
  clock!: FakeClock;
  system!: ActorSystem;
  chargePoints!: ChargePoints;
  localLists!: LocalLists;
  signals!: Signals;
  /** Statements since `fail` was called. */
  statements = 0;
  #failing: Failing | null = null;
  #session: Session | null = null;
  #startMs = Date.parse("2026-03-02T01:00:00.000Z");

  private constructor(readonly store: Store, readonly settings: Partial<Settings>, perMessage: number) {
    this.model = new ModelChargePoint(perMessage, 10_000);
  }

  /** A charge point that is registered and takes so many entries a message. */
  static async open(store: Store, settings: Partial<Settings>, perMessage = 2): Promise<Place> {
    const place = new Place(store, settings, perMessage);
    const { identity } = place;
    const now = new Date(place.#startMs);
    await store.chargePoints.put(identity, fields({ securityProfile: 0 }), now);
    const key = { key: "SendLocalListMaxLength", value: String(perMessage), readonly: true };
    await store.configurationKeys.record(identity, [key], [], now);
    place.start();
    return place;
  }

  /** A process begins, with whatever the one before left in the database. */
  start(): void {
    this.#failing = null;
    this.#session = null;
    this.clock = new FakeClock(new Date(this.#startMs).toISOString());
    const log = createLog({ level: "error", format: "text", now: () => this.clock.now(), write: () => {} });
    this.system = new ActorSystem(this.clock, log);
    this.signals = new Signals(log);
    const settings = settingsWith({ messageLog: "off", ...this.settings });
    const { system, signals } = this;
    const store = this.#watched();
    this.chargePoints = new ChargePoints({ store, settings, system, signals });
    this.localLists = new LocalLists({ system, store, settings, signals, chargePoints: this.chargePoints });
  }

  /** The charge point connects and boots. */
  async connect(): Promise<void> {
    const admission = await this.chargePoints.admit({
      identity: this.identity,
      authorization: undefined,
      secure: false,
      remoteAddress: "192.0.2.1",
    });
    assert(admission.admitted);
    let isOpen = true;
    const connection: Connection = {
      remoteAddress: "192.0.2.1",
      send: (text) => isOpen && this.#take(text),
      close: () => isOpen = false,
    };
    this.#session = this.chargePoints.connect(admission.chargePoint, connection);
    const boot = { chargePointVendor: "Model", chargePointModel: "Model" };
    this.#session.received(JSON.stringify([2, "boot", "BootNotification", boot]));
    await this.pass(1);
  }

  disconnect(): void {
    this.#session?.closed();
    this.#session = null;
  }

  /** StatusNotification of the whole charge point. */
  async report(errorCode: string): Promise<void> {
    const status = { connectorId: 0, errorCode, status: "Available" };
    this.#session?.received(JSON.stringify([2, crypto.randomUUID(), "StatusNotification", status]));
    await this.pass(1);
  }

  /** Lets time pass, and everything happen that follows. */
  async pass(ms: number): Promise<void> {
    const quiet = () => within(this.system.quiet(), "the actors to have nothing to do");
    if (ms <= STRIDE_MS) await this.clock.advance(ms, quiet);
    else await this.clock.stride(ms, STRIDE_MS, quiet);
  }

  /** From now on counts statements; the one of this number fails. */
  fail(at: number, how: Failing["how"]): void {
    this.statements = 0;
    this.#failing = { at, how };
  }

  /** From now on nothing fails. */
  heal(): void {
    this.#failing = null;
  }

  get hasDied(): boolean {
    return this.#failing?.how === "dead" && this.statements > this.#failing.at;
  }

  /** The next process, some time later. Commands that were under way are found to be abandoned, as command expiry does. */
  async restart(): Promise<void> {
    this.#startMs = this.clock.now().getTime() + 60_000;
    const { items } = await this.store.commands.list({ chargePoint: this.identity, state: "sent" }, { limit: 10 });
    for (const { id } of items) {
      await this.store.commands.settle(id, { state: "unknown", settledAt: new Date(this.#startMs) });
    }
    this.start();
  }

  async end(): Promise<void> {
    await this.system.shutdown();
  }

  sync() {
    return this.store.localListSyncs.find(this.identity);
  }

  #take(text: string): void {
    const [type, id, action, payload] = JSON.parse(text);
    if (type !== 2) return;
    this.asked.push(action);
    const reply = this.#reply(this.answer(action), action, payload);
    if (reply) queueMicrotask(() => this.#session?.received(JSON.stringify([reply[0], id, ...reply.slice(1)])));
  }

  #reply(answer: Answer, action: string, payload: Sent & { localAuthorizationList?: Sent["entries"] }) {
    const isList = action === "SendLocalList";
    const update = { ...payload, entries: payload.localAuthorizationList ?? [] };
    if (isList) this.sent.push(update);
    if (answer === "lost") return;
    if (typeof answer === "object" && "status" in answer) return [3, answer];
    if (typeof answer === "object") return [4, answer.errorCode, "", {}];
    const confirmation = isList
      ? { status: this.model.take(update, update.listVersion) }
      : { listVersion: this.model.list.length === 0 ? 0 : this.model.version };
    return answer === "silent" ? undefined : [3, confirmation];
  }

  /** The store, each call to which is counted and may be the one that fails. */
  #watched(): Store {
    return watchedStore(this.store, (_, work) => {
      const failing = this.#failing;
      if (failing) {
        const number = this.statements++;
        if (number === failing.at || (failing.how === "dead" && number > failing.at)) {
          return Promise.reject(new Error(`statement ${number} fails`));
        }
      }
      return work();
    });
  }
}
