/**
 * A site for tests: real actors, a real database, simulated charge points that enforce the limits that they accepted, a fake clock, and a store in
 * which a test can make single calls fail.
 */
import { assert } from "@std/assert";
import { ActorSystem } from "../../../actors/runtime/actor.ts";
import { ChargePoints } from "../../../actors/charge_point/registry.ts";
import { createLog } from "../../../actors/runtime/log.ts";
import { Signals } from "../../../actors/runtime/signals.ts";
import { type Settings, settingsWith } from "../../../actors/settings/settings.ts";
import type { SitePlan } from "../../../actors/smart_charging/site_plan.ts";
import { SiteLimits } from "../../../actors/smart_charging/site_limits.ts";
import type { SiteGrants } from "../../../db/smart_charging/site_grants.ts";
import type { SiteFields } from "../../../db/smart_charging/sites.ts";
import type { Store } from "../../../db/store.ts";
import type { FromCentralSystem } from "../../../ocpp/registry.ts";
import { FakeClock } from "../../fake_clock.ts";
import { type CallOutcome, LimitedChargePoint, RATED } from "./limited_charge_point.ts";

/** Makes the next call of one method fail, before or after it has taken effect, like a crash at that moment. */
export interface Fault {
  readonly at: "situation" | "recordRequests" | "recordOutcomes" | "recordClearRequests";
  readonly when: "before" | "after";
}

/** The site and everything that it needs; a test opens it, acts, and closes it. */
export class SimulatedSite {
  readonly clock = new FakeClock();
  readonly siteId = crypto.randomUUID();
  readonly chargePoints: LimitedChargePoint[];
  supervisor!: SiteLimits;
  fields: SiteFields;
  fault: Fault | null = null;
  /** Called after every step in which a limit may have changed. */
  watch: () => void = () => {};
  #registry!: ChargePoints;
  #system!: ActorSystem;

  constructor(
    readonly store: Store,
    identities: readonly string[],
    given: Partial<SiteFields> = {},
    readonly settings: Partial<Settings> = {},
  ) {
    this.chargePoints = identities.map((identity) => new LimitedChargePoint(identity, [1, 2], this.clock));
    this.fields = {
      name: "Test",
      timeZone: "UTC",
      limit: { value: 40, unit: "A", phases: 3 },
      voltage: 230,
      failSafe: 0,
      mode: "on",
      chargePoints: [...identities],
      memberSettings: Object.fromEntries(identities.map((identity) => [identity, { connectors: 2, maxAmps: RATED }])),
      ...given,
    };
  }

  async open(): Promise<void> {
    for (const { identity } of this.chargePoints) {
      await this.store.chargePoints.put(identity, {
        registration: "Accepted",
        securityProfile: 0,
        heartbeatInterval: null,
        labels: {},
        description: "",
        validation: "tolerant",
      }, this.clock.now());
    }
    this.#start();
    await this.edit({});
  }

  /** The sum of what all charge points may draw, in amperes. */
  get mayDraw(): number {
    return this.chargePoints.reduce((sum, chargePoint) => sum + chargePoint.mayDrawAll, 0);
  }

  /** An operator's command. */
  async command(chargePoint: string, action: FromCentralSystem, request: object): Promise<void> {
    await this.#registry.commands.send({ chargePoint, action, request, requestedBy: "operator", waitMs: 0 });
    await this.quiet();
  }

  /** Connects charge points and waits until the Central System has sent their first commands. */
  async arrive(...chargePoints: readonly LimitedChargePoint[]): Promise<void> {
    for (const chargePoint of chargePoints) await this.connect(chargePoint);
    await this.advance(5000);
  }

  /** All charge points answer their oldest pending CALL with this outcome; then the next commands are sent. */
  async answer(outcome: CallOutcome = "accepted"): Promise<void> {
    await this.advance(200);
    for (const chargePoint of this.chargePoints) chargePoint.decide(outcome);
    await this.quiet();
    await this.advance(200);
  }

  async plan(): Promise<SitePlan> {
    return (await this.supervisor.plan(this.siteId))!;
  }

  async edit(fields: Partial<SiteFields>): Promise<void> {
    this.fields = { ...this.fields, ...fields };
    await this.store.sites.put(this.siteId, this.fields, this.clock.now());
    this.supervisor.changed();
    await this.quiet();
  }

  async connect(chargePoint: LimitedChargePoint): Promise<void> {
    if (chargePoint.online) return;
    const attempt = {
      identity: chargePoint.identity,
      authorization: undefined,
      secure: false,
      remoteAddress: "192.0.2.1",
    };
    const admission = await this.#registry.admit(attempt);
    assert(admission.admitted);
    chargePoint.connected(this.#registry.connect(admission.chargePoint, chargePoint.wire()));
    await this.quiet();
  }

  async disconnect(chargePoint: LimitedChargePoint): Promise<void> {
    chargePoint.disconnected()?.closed();
    await this.quiet();
  }

  /** Stops the actors at this moment and starts new ones. */
  async restart(): Promise<void> {
    await this.#end();
    this.#start();
    await this.quiet();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms, () => this.quiet());
  }

  /** Reconnects all charge points and lets them accept everything, until no command is pending or planned. */
  async settle(): Promise<void> {
    this.fault = null;
    for (const chargePoint of this.chargePoints) {
      await this.disconnect(chargePoint);
      await this.connect(chargePoint);
    }
    for (let rounds = 0;; rounds++) {
      assert(rounds < 300, "the site settles");
      const busy = this.chargePoints.filter(({ pending }) => pending.length > 0);
      for (const chargePoint of busy) chargePoint.decide("accepted");
      await this.advance(busy.length > 0 ? 500 : 2000);
      if (busy.length > 0) continue;
      const { members, changes } = await this.plan();
      const isWaiting = members.some(({ busy, retryAt }) => busy || retryAt !== null);
      if (!isWaiting && changes.length === 0) return;
    }
  }

  async close(): Promise<void> {
    await this.#end();
    await this.store.sites.remove(this.siteId);
  }

  async quiet(): Promise<void> {
    await this.#system.quiet();
    this.watch();
  }

  async #end(): Promise<void> {
    for (const chargePoint of this.chargePoints) chargePoint.disconnected();
    await this.#registry.shutdown();
  }

  #start(): void {
    const log = createLog({
      level: "error",
      format: "text",
      now: () => this.clock.now(),
      write: (line) => console.error(line),
    });
    this.#system = new ActorSystem(this.clock, log);
    const signals = new Signals(log);
    const settings = settingsWith({ callTimeoutSeconds: 30, ...this.settings });
    const store = { ...this.store, siteGrants: this.#withFaults(this.store.siteGrants) };
    this.#registry = new ChargePoints({ store, settings, system: this.#system, signals });
    this.supervisor = new SiteLimits({ system: this.#system, store, chargePoints: this.#registry, settings, signals });
  }

  #withFaults(grants: SiteGrants): SiteGrants {
    const wrap = <K extends Fault["at"]>(name: K) => async (...args: unknown[]) => {
      const fault = this.fault?.at === name ? this.fault : null;
      if (fault) this.fault = null;
      if (fault?.when === "before") throw new Error("fault injected by the test");
      const result = await (grants[name] as (...args: unknown[]) => Promise<unknown>)(...args);
      if (fault) throw new Error("fault injected by the test");
      return result;
    };
    return {
      ...grants,
      situation: wrap("situation") as SiteGrants["situation"],
      recordRequests: wrap("recordRequests") as SiteGrants["recordRequests"],
      recordOutcomes: wrap("recordOutcomes") as SiteGrants["recordOutcomes"],
      recordClearRequests: wrap("recordClearRequests") as SiteGrants["recordClearRequests"],
    };
  }
}
