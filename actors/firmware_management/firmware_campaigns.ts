/**
 * The supervisor of the firmware campaigns: one actor for each that is not finished, born when an operator starts it or when the process does, and again
 * when one was given up.
 */
import { StoreError } from "../../db/engine/errors.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT, type Ref, type StopReason } from "../runtime/actor.ts";
import type { CampaignMail } from "./campaign_mail.ts";
import { type CampaignPorts, FirmwareCampaignActor } from "./firmware_campaign.ts";

/** How often the supervisor looks for campaigns that have no actor: started elsewhere, or given up after too many failures. */
const LOOK_EVERY_MS = 30_000;

/** While the database is away. */
const TRY_AGAIN_MS = 1000;

/** A campaign whose actor fails more often is left alone until the supervisor looks again. */
const RESTARTS_PER_MINUTE = 10;

/** What happened to campaigns. */
type CampaignsMail =
  | { readonly kind: "edited"; readonly id: string }
  | { readonly kind: "campaignEnded"; readonly id: string; readonly reason: StopReason }
  | { readonly kind: "lookDue" };

/** What campaigns work with. */
interface Surroundings extends Pick<CampaignPorts, "store" | "chargePoints" | "files" | "signals"> {
  readonly system: ActorSystem;
}

export class FirmwareCampaigns {
  readonly #supervisor: Ref<CampaignsMail>;

  constructor(around: Surroundings) {
    // Like the actors in it, it outlives a restart of the supervisor.
    const running = new Map<string, Ref<CampaignMail>>();
    const create = (context: Context<CampaignsMail>) => new Supervisor(context, around, running);
    this.#supervisor = around.system.spawn("firmware campaigns", create, PERMANENT);
  }

  /** A campaign was started, paused, resumed or aborted. */
  changed(id: string): void {
    this.#supervisor.tell({ kind: "edited", id });
  }
}

class Supervisor implements Actor<CampaignsMail> {
  constructor(
    readonly context: Context<CampaignsMail>,
    readonly around: Surroundings,
    readonly running: Map<string, Ref<CampaignMail>>,
  ) {
    context.self.tell({ kind: "lookDue" });
    context.every(LOOK_EVERY_MS, { kind: "lookDue" });
  }

  async receive(mail: CampaignsMail): Promise<void> {
    switch (mail.kind) {
      case "edited":
        this.running.get(mail.id)?.tell({ kind: "edited" }, "edited");
        return await this.#look();
      case "campaignEnded":
        this.running.delete(mail.id);
        // It may have been started again while it ended. One that failed too often is left alone for a while.
        return mail.reason === "asked" ? await this.#look() : undefined;
      case "lookDue":
        return await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { store, system: { log } } = this.around;
    try {
      for (const id of await store.firmwareCampaigns.listUnfinished()) {
        if (!this.running.has(id)) this.#spawn(id);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn("Firmware campaigns could not be looked for", { error });
      this.context.after(TRY_AGAIN_MS, { kind: "lookDue" }, "tryAgain");
    }
  }

  #spawn(id: string): void {
    const { system, ...ports } = this.around;
    const ended = (reason: StopReason) => void this.context.self.tell({ kind: "campaignEnded", id, reason });
    const create = (context: Context<CampaignMail>) =>
      new FirmwareCampaignActor(context, { ...ports, id, log: system.log, ended });
    // One name for all, because a permanent actor's name is a label of the metrics.
    const campaign = system.spawn("firmware campaign", create, {
      restartsPerMinute: RESTARTS_PER_MINUTE,
      isSupervised: true,
    });
    this.running.set(id, campaign);
  }
}
