/**
 * The supervisor of the firmware campaigns. It starts one actor for each campaign that is not finished: when an operator starts the campaign, when the
 * process starts, and again when an actor was given up after too many failures.
 */
import { StoreError } from "../../db/engine/errors.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT, type Ref, type StopReason } from "../runtime/actor.ts";
import type { CampaignMail } from "./campaign_mail.ts";
import { type CampaignApp, FirmwareCampaignActor } from "./firmware_campaign.ts";

/** Interval of checks for campaigns without an actor: started by another process, or given up after too many failures. */
const CHECK_INTERVAL_MS = 30_000;

/** Delay after the database did not answer. */
const RETRY_MS = 1000;

/** An actor that fails more often is given up until the next check. */
const RESTARTS_PER_MINUTE = 10;

/** `edited`: an operator changed a campaign. `campaignEnded`: its actor ended. */
type CampaignsMail =
  | { readonly kind: "edited"; readonly id: string }
  | { readonly kind: "campaignEnded"; readonly id: string; readonly reason: StopReason }
  | { readonly kind: "checkDue" };

/** The parts of the app that campaigns use. */
interface FirmwareCampaignsApp extends Pick<CampaignApp, "store" | "chargePoints" | "files" | "signals"> {
  readonly system: ActorSystem;
}

/** The interface of the campaigns for the API. */
export class FirmwareCampaigns {
  readonly #supervisor: Ref<CampaignsMail>;

  constructor(app: FirmwareCampaignsApp) {
    // The campaigns' actors go on when the supervisor is restarted, so it must find them again.
    const running = new Map<string, Ref<CampaignMail>>();
    const create = (context: Context<CampaignsMail>) => new Supervisor(context, app, running);
    this.#supervisor = app.system.spawn("firmware campaigns", create, PERMANENT);
  }

  /** Call after a campaign was started, paused, resumed or aborted. */
  changed(id: string): void {
    this.#supervisor.tell({ kind: "edited", id });
  }
}

class Supervisor implements Actor<CampaignsMail> {
  constructor(
    readonly context: Context<CampaignsMail>,
    readonly app: FirmwareCampaignsApp,
    readonly running: Map<string, Ref<CampaignMail>>,
  ) {
    context.self.tell({ kind: "checkDue" });
    context.every(CHECK_INTERVAL_MS, { kind: "checkDue" });
  }

  async receive(mail: CampaignsMail): Promise<void> {
    switch (mail.kind) {
      case "edited":
        this.running.get(mail.id)?.tell({ kind: "edited" }, "edited");
        return await this.#check();
      case "campaignEnded":
        this.running.delete(mail.id);
        // The campaign may have been started again while its actor ended. After a failure the next regular check starts it.
        return mail.reason === "asked" ? await this.#check() : undefined;
      case "checkDue":
        return await this.#check();
    }
  }

  async #check(): Promise<void> {
    const { store, system: { log } } = this.app;
    try {
      for (const id of await store.firmwareCampaigns.listUnfinished()) {
        if (!this.running.has(id)) this.#spawn(id);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn("Unfinished firmware campaigns could not be read; retrying soon", { error });
      this.context.after(RETRY_MS, { kind: "checkDue" }, "retry");
    }
  }

  #spawn(id: string): void {
    const { system, ...app } = this.app;
    const ended = (reason: StopReason) => void this.context.self.tell({ kind: "campaignEnded", id, reason });
    const create = (context: Context<CampaignMail>) =>
      new FirmwareCampaignActor(context, { ...app, id, log: system.log, ended });
    // All campaigns have one name, because a permanent actor's name is a label of the metrics.
    const campaign = system.spawn("firmware campaign", create, {
      restartsPerMinute: RESTARTS_PER_MINUTE,
      isSupervised: true,
    });
    this.running.set(id, campaign);
  }
}
