/**
 * The shared actor that keeps the limits of all sites. Its state is in the database: a check reads the rows of a site, stores the planned commands and
 * then sends them, so that the actor finds after a restart how they ended. Signals only tell the actor which site to check.
 */
import type { GrantRequest } from "../../db/smart_charging/site_grants.ts";
import type { Store } from "../../db/store.ts";
import type { FromCentralSystem } from "../../ocpp/registry.ts";
import type { Actor, ActorSystem, Context } from "../runtime/actor.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import { CommandRefused } from "../charge_point/command_refusals.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import type { Settings } from "../settings/settings.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";
import { refusedEnd } from "./site_outcomes.ts";
import { type Change, clearsOf } from "./site_changes.ts";
import { reconcileSite, reconcileUngoverned } from "./site_reconciliation.ts";
import { planSite, type SitePlan } from "./site_plan.ts";
import { FIRST_PROFILE_ID, requestFor } from "./site_rates.ts";

/** `signalled`: any other signal about a charge point. `sent`: a command was made, or it is not known whether it was made. */
export type SiteMail =
  | { readonly kind: "connected" | "booted" | "signalled"; readonly chargePoint: string }
  | { readonly kind: "edited" | "sent" | "checkDue" }
  | { readonly kind: "refused"; readonly ask: GrantRequest; readonly reason: string };

/** Signals that arrive within this time lead to one check. */
const BATCH_DELAY_MS = 100;

/** Interval of checks without a signal: signals may be lost, and another process may have edited a site. */
const CHECK_INTERVAL_MS = 30_000;

/** Interval of the removal of grants of ended transactions. The plan ignores them, so removing them is not urgent. */
const TIDY_INTERVAL_MS = 600_000;

/** Delay after the database failed. */
const RETRY_MS = 2000;

/** The parts of the app that the actor uses. */
export interface SiteLimitsApp {
  readonly system: ActorSystem;
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly settings: Pick<Settings, "preset">;
  readonly signals: Signals;
}

function mailOf(signal: Signal): SiteMail | undefined {
  if (!("chargePoint" in signal) || signal.kind === "noticed") return undefined;
  const { kind, chargePoint } = signal;
  return { kind: kind === "connected" || kind === "booted" ? kind : "signalled", chargePoint };
}

/** The actor itself; `SiteLimits` is its interface. */
export class SiteSupervisor implements Actor<SiteMail> {
  /** The site of each charge point. */
  #memberships = new Map<string, string>();
  /** Sites to check. */
  readonly #due = new Set<string>();
  /** Charge points that have booted: their fail-safe is sent again. */
  readonly #booted = new Set<string>();
  /** Charge points with an installed limit whose site is off or removed. */
  #ungoverned = new Set<string>();
  #clearsDue = true;
  #allDueAtMs = 0;
  #tidyDueAtMs = 0;

  constructor(readonly context: Context<SiteMail>, readonly app: SiteLimitsApp) {
    context.subscribe(app.signals, mailOf, { key: (mail) => JSON.stringify(mail) });
    this.#checkIn(0);
  }

  async receive(mail: SiteMail): Promise<void> {
    try {
      await this.#handle(mail);
    } catch (error) {
      this.app.system.log.warn("Site limits could not be checked; retrying soon", { error });
      this.#allDueAtMs = 0;
      this.#checkIn(RETRY_MS);
    }
  }

  async #handle(mail: SiteMail): Promise<void> {
    const { siteGrants } = this.app.store;
    switch (mail.kind) {
      case "edited":
        this.#allDueAtMs = 0;
        this.#tidyDueAtMs = 0;
        return this.#checkIn(0);
      case "connected":
        if (!this.#markDue(mail.chargePoint)) return;
        await siteGrants.retryNow(mail.chargePoint);
        return this.#checkIn(BATCH_DELAY_MS);
      case "booted":
        if (this.#memberships.has(mail.chargePoint)) this.#booted.add(mail.chargePoint);
        return this.#markDue(mail.chargePoint) ? this.#checkIn(BATCH_DELAY_MS) : undefined;
      case "signalled":
        return this.#markDue(mail.chargePoint) ? this.#checkIn(BATCH_DELAY_MS) : undefined;
      case "checkDue":
        return await this.#check();
      case "sent":
        return;
      case "refused": {
        const { ask, reason } = mail;
        const now = this.context.clock.now();
        await siteGrants.recordOutcomes([refusedEnd(ask, reason, now)], now);
        return this.#checkIn(BATCH_DELAY_MS);
      }
    }
  }

  /** Marks what a signal about this charge point makes due. Returns whether there is anything. */
  #markDue(chargePoint: string): boolean {
    const site = this.#memberships.get(chargePoint);
    const isUngoverned = this.#ungoverned.has(chargePoint);
    if (site !== undefined) this.#due.add(site);
    this.#clearsDue ||= isUngoverned;
    return site !== undefined || isUngoverned;
  }

  /** Schedules a check, unless an earlier one is scheduled. */
  #checkIn(ms: number): void {
    this.context.after(ms, { kind: "checkDue" }, "check");
  }

  readonly #isConnected = (identity: string): boolean => this.app.chargePoints.connection(identity) !== undefined;

  async #check(): Promise<void> {
    const nowMs = this.app.system.clock.monotonicMs();
    const all = nowMs >= this.#allDueAtMs;
    const due = new Set(this.#due);
    this.#due.clear();
    if (all) this.#allDueAtMs = nowMs + CHECK_INTERVAL_MS;
    const on = await this.app.store.sites.listOn();
    // This reads all sites, so only with a full check and not after every signal.
    if (all) this.#memberships = await this.app.store.sites.memberships();
    if (nowMs >= this.#tidyDueAtMs) {
      await this.app.store.siteGrants.removeObsolete();
      this.#tidyDueAtMs = nowMs + TIDY_INTERVAL_MS;
    }
    for (const site of on) if (all || due.has(site)) await this.#checkSite(site);
    if (all || this.#clearsDue) await this.#clearUngoverned();
    this.#checkIn(Math.max(this.#allDueAtMs - nowMs, 0));
  }

  async #checkSite(siteId: string): Promise<void> {
    const { clock } = this.app.system;
    const situation = await reconcileSite(this.app.store.siteGrants, siteId, this.app.system);
    if (!situation) return;
    const plan = planSite(situation, {
      isConnected: this.#isConnected,
      resendsFailSafe: (identity) => this.#booted.has(identity),
      now: clock.now(),
    });
    if (plan.changes.length > 0) await this.#ask(plan);
    for (const { retryAt } of plan.members) {
      if (retryAt) this.#checkAgain(siteId, retryAt.getTime() - clock.now().getTime());
    }
  }

  #checkAgain(siteId: string, ms: number): void {
    this.#due.add(siteId);
    this.#checkIn(Math.max(ms, BATCH_DELAY_MS));
  }

  /** Stores the planned commands if the site is unchanged since the plan was made, then sends them. */
  async #ask({ site, members, changes }: SitePlan): Promise<void> {
    const now = this.app.system.clock.now();
    const asks = changes.map((change) => newAsk(change, site.limit.unit, now));
    if (!await this.app.store.siteGrants.recordRequests(site, asks, now)) {
      return this.#checkAgain(site.id, BATCH_DELAY_MS);
    }
    const byIdentity = new Map(members.map((member) => [member.identity, member]));
    for (const [i, ask] of asks.entries()) {
      if (ask.connectorId === 0) this.#booted.delete(ask.chargePoint);
      this.#send(ask, "SetChargingProfile", requestFor(changes[i]!, site, byIdentity.get(ask.chargePoint)!));
    }
  }

  #send(ask: GrantRequest, action: FromCentralSystem, request: object): void {
    const { chargePoint, commandId } = ask;
    const call = this.app.chargePoints.commands.send({
      chargePoint,
      action,
      request,
      commandId,
      requestedBy: null,
      waitMs: 0,
    });
    this.context.pipe<unknown>(call, () => ({ kind: "sent" }), (error) => {
      if (error instanceof CommandRefused) return { kind: "refused", ask, reason: error.detail };
      // It is not known whether the command was made; the next check finds its row, or that there is none.
      this.app.system.log.warn(`The command with the site limit of ${chargePoint} could not be made`, { error });
      return { kind: "sent" };
    });
  }

  /** Clears the installed limits of charge points whose site is off or removed: by profile id, one after the other. */
  async #clearUngoverned(): Promise<void> {
    const { siteGrants } = this.app.store;
    const now = this.app.system.clock.now();
    this.#clearsDue = false;
    const grants = await reconcileUngoverned(siteGrants, now);
    this.#ungoverned = new Set(grants.map(({ chargePoint }) => chargePoint));
    const asks = clearsOf(grants, this.#isConnected, now)
      .map((grant) => ({ ...grant, asked: null, commandId: uuidVersion7(now), clearing: true }));
    if (asks.length === 0) return;
    const recorded = await siteGrants.recordClearRequests(asks, now);
    for (const ask of asks.filter(({ commandId }) => recorded.has(commandId))) {
      this.#send(ask, "ClearChargingProfile", { id: FIRST_PROFILE_ID + ask.connectorId });
    }
  }
}

function newAsk(change: Change, unit: "A" | "W", now: Date): GrantRequest {
  const { chargePoint, connectorId, transactionId, stackLevel, limit } = change;
  const commandId = uuidVersion7(now);
  return { chargePoint, connectorId, transactionId, unit, stackLevel, asked: limit, commandId, clearing: false };
}
