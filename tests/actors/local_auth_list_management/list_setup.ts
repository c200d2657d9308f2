/**
 * A Central System with one charge point, for tests of local lists. The actors and the database are real; the clock and the connection are simulated, and
 * statements can be made to fail. The charge point is the model of OCPP 1.6 5.15.
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
import { fields, fresh } from "../../db/records.ts";
import { FakeClock } from "../../fake_clock.ts";
import { ModelChargePoint } from "../../ocpp/local_auth_list_management/model_charge_point.ts";
import { watchedStore } from "../charge_point/watched_store.ts";

/** How the charge point answers one CALL: a status, an error code, not at all (`silent`: done; `lost`: not received), or as the model does (`well`). */
export type Answer = { readonly status: string } | { readonly errorCode: string } | "silent" | "lost" | "well";

/** A SendLocalList that the charge point received. */
export interface Sent extends ListUpdate {
  readonly listVersion: number;
}

/** The statement with this number fails: only this one (`once`), or also all later ones (`dead`). */
interface Failing {
  at: number;
  readonly how: "once" | "dead";
}

/** Longer times pass in steps of this. */
const STRIDE_MS = 15_000;

export class ListSetup {
  readonly identity = fresh("LIST-");
  readonly model: ModelChargePoint;
  readonly sent: Sent[] = [];
  readonly asked: string[] = [];
  /** Decides how the next CALLs are answered. */
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

  /** Registers a charge point that accepts this many entries per message. */
  static async open(store: Store, settings: Partial<Settings>, perMessage = 2): Promise<ListSetup> {
    const setup = new ListSetup(store, settings, perMessage);
    const { identity } = setup;
    const now = new Date(setup.#startMs);
    await store.chargePoints.put(identity, fields({ securityProfile: 0 }), now);
    const key = { key: "SendLocalListMaxLength", value: String(perMessage), readonly: true };
    await store.configurationKeys.record(identity, [key], [], now);
    setup.start();
    return setup;
  }

  /** Starts a process on the data of the previous one. */
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

  /** Passes time, and waits for the actors. */
  async pass(ms: number): Promise<void> {
    const quiet = () => within(this.system.quiet(), "the actors to have nothing to do");
    if (ms <= STRIDE_MS) await this.clock.advance(ms, quiet);
    else await this.clock.stride(ms, STRIDE_MS, quiet);
  }

  /** Counts statements from now on; the one with this number fails. */
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

  /** Starts the next process, a minute later. Commands that were under way become unknown, as the command upkeep does it. */
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

  /** The store with counted calls, one of which may fail. */
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
