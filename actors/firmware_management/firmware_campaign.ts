/**
 * The actor of one firmware campaign. It sends UpdateFirmware to the targets, at most `maxConcurrent` at once, and ends each target with an outcome. A
 * target is claimed in the database with a command id before the command is made, so that a restarted process finds the command by this id. The
 * actor's memory is a cache of the claimed and waiting targets; it is reloaded at intervals, and the database checks every claim.
 */
import type { FirmwareCampaign } from "../../db/firmware_management/firmware_campaigns.ts";
import type { ClaimedTarget, Decision, WaitingTarget } from "../../db/firmware_management/firmware_campaign_targets.ts";
import { StoreError } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import { nextStep, progressOf } from "../../ocpp/firmware_management/firmware_campaign.ts";
import type { Actor, Context, StopReason } from "../runtime/actor.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import type { Log } from "../runtime/log.ts";
import type { Signals } from "../runtime/signals.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";
import { decisionAbout, hasSendable, maySend, readyOf } from "./campaign_decision.ts";
import { type CampaignMail, campaignMailOf } from "./campaign_mail.ts";
import { sendUpdate, type UpdateApp } from "./send_update.ts";

/** The parts of the app that the actor uses, and its campaign. */
export interface CampaignApp {
  readonly id: string;
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly files: UpdateApp["files"];
  readonly log: Log;
  readonly signals: Signals;
  /** Called when the actor has ended. */
  ended(reason: StopReason): void;
}

/** Interval at which everything is read again, for deadlines, retries, maintenance windows and lost signals. */
const RELOAD_INTERVAL_MS = 30_000;

/** Signals that arrive within this time lead to one check. */
const BATCH_DELAY_MS = 50;

/** Delay after the database did not answer. */
const RETRY_MS = 1000;

/** Commands that are being made at the same time, at most. */
const CALLS_MAX = 50;

/** Started for a campaign that is running, paused or aborted. It ends itself when the campaign is finished. */
export class FirmwareCampaignActor implements Actor<CampaignMail> {
  /** Released targets without a command. */
  readonly #waiting = new Map<string, WaitingTarget>();
  /** Targets with a command that have not ended. */
  readonly #claimed = new Set<string>();
  /** Commands that are being made. */
  readonly #calling = new Map<string, Promise<unknown>>();
  /** Charge points with a signal since the last check. */
  readonly #signalled = new Set<string>();
  #isEdited = false;
  #campaign: FirmwareCampaign | null = null;

  constructor(readonly context: Context<CampaignMail>, readonly app: CampaignApp) {
    context.subscribe(app.signals, campaignMailOf, { key: (mail) => JSON.stringify(mail) });
    context.self.tell({ kind: "reloadDue" });
    context.every(RELOAD_INTERVAL_MS, { kind: "reloadDue" });
  }

  async receive(mail: CampaignMail): Promise<void> {
    try {
      await this.#handle(mail);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.app.log.warn(`${this.#name}: the database does not answer; retrying soon`, { error });
      this.context.after(RETRY_MS, { kind: "reloadDue" }, "reload");
    }
  }

  async stopped(reason: StopReason): Promise<void> {
    // The store closes after this, so the commands that are being made must end first.
    await Promise.allSettled(this.#calling.values());
    this.app.ended(reason);
  }

  async #handle(mail: CampaignMail): Promise<void> {
    switch (mail.kind) {
      case "signalled":
        this.#signalled.add(mail.chargePoint);
        return this.#checkSoon();
      case "edited":
        this.#isEdited = true;
        return this.#checkSoon();
      case "cancelled":
        return this.#checkSoon();
      case "called":
        this.#calling.delete(mail.chargePoint);
        if (mail.refused) await this.#decide([mail.refused]);
        this.#signalled.add(mail.chargePoint); // the answer may have arrived before this mail
        return this.#checkSoon();
      case "callFailed":
        this.#calling.delete(mail.chargePoint);
        return void this.context.after(RETRY_MS, { kind: "reloadDue" }, "reload");
      case "checkDue":
        return this.#isEdited || !this.#campaign ? await this.#reload() : await this.#check();
      case "reloadDue":
        return await this.#reload();
    }
  }

  #checkSoon(): void {
    this.context.after(BATCH_DELAY_MS, { kind: "checkDue" }, "check");
  }

  #end(): void {
    void this.context.self.stop();
  }

  async #reload(): Promise<void> {
    const { id, store: { firmwareCampaigns, firmwareCampaignTargets } } = this.app;
    this.#isEdited = false;
    this.#signalled.clear();
    const campaign = await firmwareCampaigns.find(id);
    if (!campaign || campaign.state === "draft" || campaign.state === "completed") return this.#end();
    this.#campaign = campaign;
    await firmwareCampaignTargets.endUnsendable(id, this.#now());
    const attempts = await firmwareCampaignTargets.listAttempts(id);
    this.#claimed.clear();
    for (const { chargePoint } of attempts) this.#claimed.add(chargePoint);
    this.#waiting.clear();
    for (const target of await firmwareCampaignTargets.listWaiting(id)) this.#waiting.set(target.chargePoint, target);
    await this.#judge(attempts);
    await this.#goOn();
    if (campaign.state === "aborted" && this.#claimed.size === 0) this.#end();
  }

  /** Checks the charge points with a signal. */
  async #check(): Promise<void> {
    const { id, store } = this.app;
    const signalled = [...this.#signalled].filter((identity) => this.#claimed.has(identity));
    this.#signalled.clear();
    if (signalled.length > 0) {
      const ended = await this.#judge(await store.firmwareCampaignTargets.listAttempts(id, signalled));
      if (ended) await this.#goOn();
    }
    await this.#send();
    if (this.#campaign?.state === "aborted" && this.#claimed.size === 0) this.#end();
  }

  /** Makes missing commands and records decisions. Returns whether there was a decision. */
  async #judge(attempts: Awaited<ReturnType<Store["firmwareCampaignTargets"]["listAttempts"]>>): Promise<boolean> {
    const campaign = this.#campaign!;
    const decisions: Decision[] = [];
    for (const attempt of attempts) {
      const { chargePoint, commandId } = attempt;
      const isConnected = this.#isConnected(chargePoint);
      const decided = decisionAbout({ ...attempt, isConnected }, campaign, this.#now());
      if (decided === "send") this.#call({ chargePoint, commandId });
      else if (decided === "cancel") this.#cancel(attempt);
      else if (decided !== undefined && !this.#calling.has(chargePoint)) decisions.push(decided);
    }
    return await this.#decide(decisions);
  }

  async #decide(decisions: readonly Decision[]): Promise<boolean> {
    if (decisions.length === 0) return false;
    const { id, store, log } = this.app;
    const changed = await store.firmwareCampaignTargets.decide(id, decisions, this.#now());
    for (const { chargePoint, state, outcome, detail, attempts, nextAttemptAt } of changed) {
      this.#claimed.delete(chargePoint);
      if (state === "waiting") this.#waiting.set(chargePoint, { chargePoint, attempts, nextAttemptAt });
      log.info(`${this.#name}: ${chargePoint} ${outcome ?? "is retried"}${detail ? ` (${detail})` : ""}`);
    }
    return changed.length > 0;
  }

  /** Releases the next wave, aborts or completes the campaign if it is time for that; then sends. */
  async #goOn(): Promise<void> {
    const { id, store: { firmwareCampaigns }, log } = this.app;
    const campaign = this.#campaign!;
    const counts = (await firmwareCampaigns.countTargets([id])).get(id) ?? [];
    const step = nextStep(
      campaign,
      progressOf(counts, campaign.wave),
      hasSendable(this.#waiting.values(), this.#isConnected),
    );
    switch (step.kind) {
      case "abort":
        log.warn(`${this.#name} is aborted: ${step.reason}`);
        await firmwareCampaigns.abort(id, step.reason, this.#now());
        return await this.#reload();
      case "complete":
        if (await firmwareCampaigns.complete(id, this.#now())) log.info(`${this.#name} is complete`);
        return await this.#reload();
      case "release":
        if (await firmwareCampaigns.releaseAfter(id, campaign.wave, this.#now())) {
          log.info(`${this.#name}: wave ${campaign.wave + 1} of ${campaign.waves.length} starts`);
        }
        return await this.#reload();
      case "none":
        return await this.#send();
    }
  }

  /** Claims as many targets as may be claimed at once, and makes their commands. */
  async #send(): Promise<void> {
    const { id, store } = this.app;
    const campaign = this.#campaign;
    const now = this.#now();
    if (!campaign || !maySend(campaign, now)) return;
    const max = Math.min(campaign.maxConcurrent - this.#claimed.size, CALLS_MAX - this.#calling.size);
    const wanted = readyOf(this.#waiting.values(), max, this.#isConnected, now).map((chargePoint) => ({
      chargePoint,
      commandId: uuidVersion7(now),
    }));
    if (wanted.length === 0) return;
    const claimed = await store.firmwareCampaignTargets.claim(id, wanted, now);
    // A target that was not claimed has changed meanwhile; the next reload reads its state.
    for (const { chargePoint } of wanted) this.#waiting.delete(chargePoint);
    for (const target of claimed) {
      this.#claimed.add(target.chargePoint);
      this.#call(target);
    }
  }

  readonly #isConnected = (identity: string): boolean => this.app.chargePoints.connection(identity) !== undefined;

  /** Makes the command of a claimed target, unless it is being made. */
  #call(target: ClaimedTarget): void {
    const { chargePoint } = target;
    if (this.#calling.has(chargePoint)) return;
    const calling = sendUpdate(this.app, this.#campaign!, target, this.#now());
    this.#calling.set(chargePoint, calling);
    this.context.pipe(
      calling,
      (refused) => ({ kind: "called", chargePoint, refused }),
      (error) => {
        this.app.log.warn(`${this.#name}: the command for ${chargePoint} could not be made; retrying soon`, { error });
        return { kind: "callFailed", chargePoint };
      },
    );
  }

  #cancel({ commandId }: ClaimedTarget): void {
    const { chargePoints } = this.app;
    // A cancelled command leads to a signal; one that could not be cancelled is checked at the next reload.
    const cancelled = { kind: "cancelled" } as const;
    this.context.pipe(chargePoints.commands.cancel(commandId), () => cancelled, () => cancelled);
  }

  #now(): Date {
    return this.context.clock.now();
  }

  get #name(): string {
    return `Firmware campaign ${this.#campaign?.name || this.app.id}`;
  }
}
