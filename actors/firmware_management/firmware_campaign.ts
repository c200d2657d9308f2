/**
 * The actor of one firmware campaign: sends UpdateFirmware to as many targets at once as it may, and ends each with an outcome. The database decides: a
 * target is claimed there under a command id before the command is made, so that a process that starts after a crash finds the id again and asks under
 * it. The actor only keeps which charge points may be sent to and which were. It reads that at its birth and now and then, and it may be wrong without harm.
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
import { decisionAbout, isHeld, maySend, readyOf } from "./campaign_decision.ts";
import { type CampaignMail, campaignMailOf } from "./campaign_mail.ts";
import { sendUpdate, type UpdateWays } from "./send_update.ts";

/** What the actor needs of its supervisor. */
export interface CampaignPorts {
  readonly id: string;
  readonly store: Store;
  readonly chargePoints: Pick<ChargePoints, "commands" | "connection">;
  readonly files: UpdateWays["files"];
  readonly log: Log;
  readonly signals: Signals;
  /** The actor has ended. */
  ended(reason: StopReason): void;
}

/** Everything is read again this often: deadlines pass, tries are due, windows open, and signals may have been missed. */
const RELOAD_EVERY_MS = 30_000;

/** What is heard within this time is looked at together. */
const GATHER_MS = 50;

/** While the database is away. */
const TRY_AGAIN_MS = 1000;

/** Commands that are being made at once. */
const CALLS_AT_ONCE = 50;

export class FirmwareCampaignActor implements Actor<CampaignMail> {
  /** Released and not sent to, as far as is known. */
  readonly #waiting = new Map<string, WaitingTarget>();
  /** Claimed and not ended. */
  readonly #claimed = new Set<string>();
  /** Commands that are being made. */
  readonly #calling = new Map<string, Promise<unknown>>();
  /** Charge points of which something was heard. */
  readonly #heard = new Set<string>();
  #isEdited = false;
  #campaign: FirmwareCampaign | null = null;

  constructor(readonly context: Context<CampaignMail>, readonly ports: CampaignPorts) {
    context.subscribe(ports.signals, campaignMailOf, { key: (mail) => JSON.stringify(mail) });
    context.self.tell({ kind: "reloadDue" });
    context.every(RELOAD_EVERY_MS, { kind: "reloadDue" });
  }

  async receive(mail: CampaignMail): Promise<void> {
    try {
      await this.#take(mail);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.ports.log.warn(`${this.#name} waits for the database`, { error });
      this.context.after(TRY_AGAIN_MS, { kind: "reloadDue" }, "reload");
    }
  }

  async stopped(reason: StopReason): Promise<void> {
    // Before the store closes, so that what is written down is certain.
    await Promise.allSettled(this.#calling.values());
    this.ports.ended(reason);
  }

  async #take(mail: CampaignMail): Promise<void> {
    switch (mail.kind) {
      case "heard":
        this.#heard.add(mail.chargePoint);
        return this.#lookSoon();
      case "edited":
        this.#isEdited = true;
        return this.#lookSoon();
      case "cancelled":
        return this.#lookSoon();
      case "called":
        this.#calling.delete(mail.chargePoint);
        if (mail.refused) await this.#decide([mail.refused]);
        this.#heard.add(mail.chargePoint); // an answer may have come before the end of the call
        return this.#lookSoon();
      case "callFailed":
        this.#calling.delete(mail.chargePoint);
        return void this.context.after(TRY_AGAIN_MS, { kind: "reloadDue" }, "reload");
      case "lookDue":
        return this.#isEdited || !this.#campaign ? await this.#reload() : await this.#look();
      case "reloadDue":
        return await this.#reload();
    }
  }

  #lookSoon(): void {
    this.context.after(GATHER_MS, { kind: "lookDue" }, "look");
  }

  #end(): void {
    void this.context.self.stop();
  }

  async #reload(): Promise<void> {
    const { id, store: { firmwareCampaigns, firmwareCampaignTargets } } = this.ports;
    this.#isEdited = false;
    this.#heard.clear();
    const campaign = await firmwareCampaigns.find(id);
    if (!campaign || campaign.state === "draft" || campaign.state === "completed") return this.#end();
    this.#campaign = campaign;
    await firmwareCampaignTargets.endIdle(id, this.#now());
    const attempts = await firmwareCampaignTargets.listAttempts(id);
    this.#claimed.clear();
    for (const { chargePoint } of attempts) this.#claimed.add(chargePoint);
    this.#waiting.clear();
    for (const target of await firmwareCampaignTargets.listWaiting(id)) this.#waiting.set(target.chargePoint, target);
    await this.#judge(attempts);
    await this.#goOn();
    if (campaign.state === "aborted" && this.#claimed.size === 0) this.#end();
  }

  /** Looks at those of whom something was heard. */
  async #look(): Promise<void> {
    const { id, store } = this.ports;
    const heard = [...this.#heard].filter((identity) => this.#claimed.has(identity));
    this.#heard.clear();
    if (heard.length > 0) {
      const ended = await this.#judge(await store.firmwareCampaignTargets.listAttempts(id, heard));
      if (ended) await this.#goOn();
    }
    await this.#send();
    if (this.#campaign?.state === "aborted" && this.#claimed.size === 0) this.#end();
  }

  /** Makes commands that are missing, and decides what can be decided. True: something was. */
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
    const { id, store, log } = this.ports;
    const changed = await store.firmwareCampaignTargets.decide(id, decisions, this.#now());
    for (const { chargePoint, state, outcome, detail, attempts, nextAttemptAt } of changed) {
      this.#claimed.delete(chargePoint);
      if (state === "waiting") this.#waiting.set(chargePoint, { chargePoint, attempts, nextAttemptAt });
      log.info(`${this.#name}: ${chargePoint} ${outcome ?? "is tried again"}${detail ? ` (${detail})` : ""}`);
    }
    return changed.length > 0;
  }

  /** Releases the next wave, gives the campaign up or completes it, as long as there is something to do. */
  async #goOn(): Promise<void> {
    const { id, store: { firmwareCampaigns }, log } = this.ports;
    const campaign = this.#campaign!;
    const counts = (await firmwareCampaigns.countTargets([id])).get(id) ?? [];
    const step = nextStep(
      campaign,
      progressOf(counts, campaign.wave),
      isHeld(this.#waiting.values(), this.#isConnected),
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
          log.info(`${this.#name}: wave ${campaign.wave + 1} of ${campaign.waves.length} begins`);
        }
        return await this.#reload();
      case "none":
        return await this.#send();
    }
  }

  /** Claims as many targets as there is room for, and makes their commands. */
  async #send(): Promise<void> {
    const { id, store } = this.ports;
    const campaign = this.#campaign;
    const now = this.#now();
    if (!campaign || !maySend(campaign, now)) return;
    const room = Math.min(campaign.maxConcurrent - this.#claimed.size, CALLS_AT_ONCE - this.#calling.size);
    const wanted = readyOf(this.#waiting.values(), room, this.#isConnected, now).map((chargePoint) => ({
      chargePoint,
      commandId: uuidVersion7(now),
    }));
    if (wanted.length === 0) return;
    const claimed = await store.firmwareCampaignTargets.claim(id, wanted, now);
    // Those that were not claimed have changed meanwhile; the next reading tells how.
    for (const { chargePoint } of wanted) this.#waiting.delete(chargePoint);
    for (const target of claimed) {
      this.#claimed.add(target.chargePoint);
      this.#call(target);
    }
  }

  readonly #isConnected = (identity: string): boolean => this.ports.chargePoints.connection(identity) !== undefined;

  /** Makes the command of a claimed target, unless that is under way. */
  #call(target: ClaimedTarget): void {
    const { chargePoint } = target;
    if (this.#calling.has(chargePoint)) return;
    const calling = sendUpdate(this.ports, this.#campaign!, target, this.#now());
    this.#calling.set(chargePoint, calling);
    this.context.pipe(
      calling,
      (refused) => ({ kind: "called", chargePoint, refused }),
      (error) => {
        this.ports.log.warn(`${this.#name}: the command of ${chargePoint} could not be made yet`, { error });
        return { kind: "callFailed", chargePoint };
      },
    );
  }

  #cancel({ commandId }: ClaimedTarget): void {
    const { chargePoints } = this.ports;
    // How it ended is told as a signal; one that could not be cancelled is looked at when everything is read again.
    const cancelled = { kind: "cancelled" } as const;
    this.context.pipe(chargePoints.commands.cancel(commandId), () => cancelled, () => cancelled);
  }

  #now(): Date {
    return this.context.clock.now();
  }

  get #name(): string {
    return `Firmware campaign ${this.#campaign?.name || this.ports.id}`;
  }
}
