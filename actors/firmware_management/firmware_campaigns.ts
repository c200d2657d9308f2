/**
 * The supervisor of the firmware campaigns: one actor for each that is not finished, born when an operator starts it or when the process does, and again
 * when one was given up. It passes on what is heard of charge points; whom it concerns each campaign knows itself.
 */
import { StoreError } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import type { ActorSystem, Context, Ref } from "../runtime/actor.ts";
import type { ChargePoints } from "../charge_point/registry.ts";
import type { Signal, Signals } from "../runtime/signals.ts";
import { CampaignDesk } from "./campaign_desk.ts";
import type { Files } from "./files.ts";
import { type CampaignMail, firmwareCampaign } from "./firmware_campaign.ts";

/** How often is looked for campaigns that have no actor: started elsewhere, or given up after too many failures. */
const LOOK_EVERY_MS = 30_000;

/** While the database is away. */
const TRY_AGAIN_MS = 1000;

/** What is heard within this time is looked at together. */
const GATHER_MS = 50;

/** A campaign whose actor fails more often is left alone until the supervisor looks again. */
const RESTARTS_PER_MINUTE = 10;

/** A campaign's actor, and what is on its desk. */
interface Running {
  readonly ref: Ref<CampaignMail>;
  readonly desk: CampaignDesk;
}

export class FirmwareCampaigns {
  readonly #running = new Map<string, Running>();
  readonly #stopListening: () => void;
  #context: Context<"look"> | undefined;
  #cancelLook = () => {};

  constructor(
    readonly system: ActorSystem,
    readonly store: Store,
    readonly chargePoints: Pick<ChargePoints, "commands" | "connection">,
    readonly files: Pick<Files, "addressOf" | "settings">,
    signals: Signals,
  ) {
    system.spawn<"look">("firmware campaigns", (context) => {
      this.#context = context;
      context.self.tell("look");
      return { receive: () => this.#look(), stopped: () => this.#stopListening() };
    }, { restartsPerMinute: 60 });
    this.#stopListening = signals.listen((item) => this.#hear(item));
  }

  /** A campaign was started, paused, resumed or aborted. */
  changed(id: string): void {
    this.#running.get(id)?.desk.edited();
    this.#context?.self.tell("look");
  }

  async #look(): Promise<void> {
    this.#cancelLook();
    this.#cancelLook = this.#context!.after(LOOK_EVERY_MS, "look");
    try {
      for (const id of await this.store.firmwareCampaigns.listUnfinished()) {
        if (!this.#running.has(id)) this.#spawn(id);
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.system.log.warn("Firmware campaigns could not be looked for", { error });
      this.#cancelLook();
      this.#cancelLook = this.#context!.after(TRY_AGAIN_MS, "look");
    }
  }

  #spawn(id: string): void {
    const { system, store, chargePoints, files } = this;
    let context: Context<CampaignMail>;
    const desk = new CampaignDesk(() => void context.after(GATHER_MS, { kind: "look" }));
    const forget = () => {
      if (this.#running.get(id)?.desk === desk) this.#running.delete(id);
    };
    const over = () => {
      forget();
      void ref.stop();
    };
    // One name for all, because a permanent actor's name is a label of the metrics.
    const ref = system.spawn<CampaignMail>("firmware campaign", (given) => {
      context = given;
      const actor = firmwareCampaign(given, { id, store, chargePoints, files, log: system.log, desk, over });
      return {
        receive: (mail) => actor.receive(mail),
        async stopped() {
          forget();
          // Before the store closes, so that what is written down is certain.
          await Promise.allSettled(desk.calling.values());
        },
      };
    }, { restartsPerMinute: RESTARTS_PER_MINUTE, isSupervised: true });
    this.#running.set(id, { ref, desk });
  }

  #hear(signals: Signal): void {
    switch (signals.kind) {
      case "connected":
      case "booted":
        return this.#pass(signals.chargePoint);
      case "noticed":
        return signals.action.endsWith("FirmwareStatusNotification") ? this.#pass(signals.chargePoint) : undefined;
      case "commandSettled":
      case "commandAnsweredLate":
        return signals.command.action === "UpdateFirmware" ? this.#pass(signals.chargePoint) : undefined;
      case "chargePointChanged":
        for (const { desk } of this.#running.values()) desk.edited();
    }
  }

  #pass(identity: string): void {
    for (const { desk } of this.#running.values()) desk.hear(identity);
  }
}
