/**
 * Keeps the limits of sites. One shared actor for all of them: a site is a few rows to read when something happened at it, and nothing that
 * needs an actor of its own. It keeps nothing that the database does not have; every look begins with the rows, writes down what
 * is to be asked before it is sent, and finds after a restart how that ended. Signals only say where to look.
 */
import type { NewAsk } from "../../db/smart_charging/site_grants.ts";
import type { Store } from "../../db/store.ts";
import type { FromCentralSystem } from "../../ocpp/registry.ts";
import type { Actor, ActorSystem, Context } from "../runtime/actor.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import { CommandRefused } from "../charge_point/command_refusals.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import type { Settings } from "../settings/settings.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";
import { notTaken } from "./site_outcomes.ts";
import { type Change, clearsOf } from "./site_changes.ts";
import { learnUngoverned, reconcileSite } from "./site_reconciliation.ts";
import { planSite, type SitePlan } from "./site_plan.ts";
import { FIRST_PROFILE_ID, requestFor } from "./site_rates.ts";

/** What happened. `heard`: something else about a charge point. `sent`: a command was made, or it is not known whether it was. */
export type SiteMail =
  | { readonly kind: "connected" | "booted" | "heard"; readonly chargePoint: string }
  | { readonly kind: "edited" | "sent" | "lookDue" }
  | { readonly kind: "notTaken"; readonly ask: NewAsk; readonly why: string };

/** What happens within this time is one look. */
const GATHER_MS = 100;

/** The actor looks all the same: signals may be lost, and another process may have edited a site. */
const LOOK_EVERY_MS = 30_000;

/** Grants of transactions that are over mean nothing, and the next transaction there takes their place: removing them is not urgent. */
const TIDY_EVERY_MS = 600_000;

/** After the database failed. */
const AGAIN_MS = 2000;

/** What the actor works with. */
export interface Surroundings {
  readonly system: ActorSystem;
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly settings: Pick<Settings, "preset">;
  readonly signals: Signals;
}

function mailOf(signal: Signal): SiteMail | undefined {
  if (!("chargePoint" in signal) || signal.kind === "noticed") return undefined;
  const { kind, chargePoint } = signal;
  return { kind: kind === "connected" || kind === "booted" ? kind : "heard", chargePoint };
}

export class SiteSupervisor implements Actor<SiteMail> {
  /** The site of each charge point. */
  #memberships = new Map<string, string>();
  readonly #due = new Set<string>();
  /** Charge points that have booted and are to be told their fail-safe again. */
  readonly #booted = new Set<string>();
  /** Charge points without a site that is on, at which something is installed. */
  #ungoverned = new Set<string>();
  #clearsDue = true;
  #allDueAtMs = 0;
  #tidyDueAtMs = 0;

  constructor(readonly context: Context<SiteMail>, readonly around: Surroundings) {
    context.subscribe(around.signals, mailOf, { key: (mail) => JSON.stringify(mail) });
    this.#lookIn(0);
  }

  async receive(mail: SiteMail): Promise<void> {
    try {
      await this.#take(mail);
    } catch (error) {
      this.around.system.log.warn("Site limits could not be looked after; tried again in a moment", { error });
      this.#allDueAtMs = 0;
      this.#lookIn(AGAIN_MS);
    }
  }

  async #take(mail: SiteMail): Promise<void> {
    const { siteGrants } = this.around.store;
    switch (mail.kind) {
      case "edited":
        this.#allDueAtMs = 0;
        this.#tidyDueAtMs = 0;
        return this.#lookIn(0);
      case "connected":
        if (!this.#concerns(mail.chargePoint)) return;
        await siteGrants.retryNow(mail.chargePoint);
        return this.#lookIn(GATHER_MS);
      case "booted":
        if (this.#memberships.has(mail.chargePoint)) this.#booted.add(mail.chargePoint);
        return this.#concerns(mail.chargePoint) ? this.#lookIn(GATHER_MS) : undefined;
      case "heard":
        return this.#concerns(mail.chargePoint) ? this.#lookIn(GATHER_MS) : undefined;
      case "lookDue":
        return await this.#look();
      case "sent":
        return;
      case "notTaken": {
        const { ask, why } = mail;
        const now = this.context.clock.now();
        await siteGrants.recordEnds([notTaken(ask, why, now)], now);
        return this.#lookIn(GATHER_MS);
      }
    }
  }

  /** Whether there is something to look at when something happened to this charge point; remembers what. */
  #concerns(chargePoint: string): boolean {
    const site = this.#memberships.get(chargePoint);
    const isUngoverned = this.#ungoverned.has(chargePoint);
    if (site !== undefined) this.#due.add(site);
    this.#clearsDue ||= isUngoverned;
    return site !== undefined || isUngoverned;
  }

  /** The earliest of all looks that were asked for is the one that is taken. */
  #lookIn(ms: number): void {
    this.context.after(ms, { kind: "lookDue" }, "look");
  }

  readonly #isConnected = (identity: string): boolean => this.around.chargePoints.connection(identity) !== undefined;

  async #look(): Promise<void> {
    const nowMs = this.around.system.clock.monotonicMs();
    const all = nowMs >= this.#allDueAtMs;
    const due = new Set(this.#due);
    this.#due.clear();
    if (all) this.#allDueAtMs = nowMs + LOOK_EVERY_MS;
    const on = await this.around.store.sites.listOn();
    // Of every site at once, so not at each of the many looks that follow signals.
    if (all) this.#memberships = await this.around.store.sites.memberships();
    if (nowMs >= this.#tidyDueAtMs) {
      await this.around.store.siteGrants.tidy();
      this.#tidyDueAtMs = nowMs + TIDY_EVERY_MS;
    }
    for (const site of on) if (all || due.has(site)) await this.#lookAt(site);
    if (all || this.#clearsDue) await this.#clearUngoverned();
    this.#lookIn(Math.max(this.#allDueAtMs - nowMs, 0));
  }

  async #lookAt(siteId: string): Promise<void> {
    const { clock } = this.around.system;
    const situation = await reconcileSite(this.around.store.siteGrants, siteId, this.around.system);
    if (!situation) return;
    const plan = planSite(situation, {
      isConnected: this.#isConnected,
      isToBeToldAgain: (identity) => this.#booted.has(identity),
      now: clock.now(),
    });
    if (plan.changes.length > 0) await this.#ask(plan);
    for (const { restsUntil } of plan.members) {
      if (restsUntil) this.#lookAgain(siteId, restsUntil.getTime() - clock.now().getTime());
    }
  }

  #lookAgain(siteId: string, ms: number): void {
    this.#due.add(siteId);
    this.#lookIn(Math.max(ms, GATHER_MS));
  }

  /** Written down under the version that was planned from, then sent. */
  async #ask({ site, members, changes }: SitePlan): Promise<void> {
    const now = this.around.system.clock.now();
    const asks = changes.map((change) => newAsk(change, site.limit.unit, now));
    if (!await this.around.store.siteGrants.recordAsks(site, asks, now)) return this.#lookAgain(site.id, GATHER_MS);
    const byIdentity = new Map(members.map((member) => [member.identity, member]));
    for (const [i, ask] of asks.entries()) {
      if (ask.connectorId === 0) this.#booted.delete(ask.chargePoint);
      this.#send(ask, "SetChargingProfile", requestFor(changes[i]!, site, byIdentity.get(ask.chargePoint)!));
    }
  }

  #send(ask: NewAsk, action: FromCentralSystem, request: object): void {
    const { chargePoint, commandId } = ask;
    const call = this.around.chargePoints.commands.send({
      chargePoint,
      action,
      request,
      commandId,
      requestedBy: null,
      waitMs: 0,
    });
    this.context.pipe<unknown>(call, () => ({ kind: "sent" }), (error) => {
      if (error instanceof CommandRefused) return { kind: "notTaken", ask, why: error.detail };
      // Whether there is a command now is not known; the next look finds its row, or that there is none.
      this.around.system.log.warn(`Site limits could not reach ${chargePoint}`, { error });
      return { kind: "sent" };
    });
  }

  /** Takes away what is installed at charge points whose site is off or gone: by id, one after the other. */
  async #clearUngoverned(): Promise<void> {
    const { siteGrants } = this.around.store;
    const now = this.around.system.clock.now();
    this.#clearsDue = false;
    const grants = await learnUngoverned(siteGrants, now);
    this.#ungoverned = new Set(grants.map(({ chargePoint }) => chargePoint));
    const asks = clearsOf(grants, this.#isConnected, now)
      .map((grant) => ({ ...grant, asked: null, commandId: uuidVersion7(now), clearing: true }));
    if (asks.length === 0) return;
    const recorded = await siteGrants.recordClears(asks, now);
    for (const ask of asks.filter(({ commandId }) => recorded.has(commandId))) {
      this.#send(ask, "ClearChargingProfile", { id: FIRST_PROFILE_ID + ask.connectorId });
    }
  }
}

function newAsk(change: Change, unit: "A" | "W", now: Date): NewAsk {
  const { chargePoint, connectorId, transactionId, stackLevel, limit } = change;
  const commandId = uuidVersion7(now);
  return { chargePoint, connectorId, transactionId, unit, stackLevel, asked: limit, commandId, clearing: false };
}
