/**
 * Sends events to webhooks. What is to be sent, what was sent and what waits is in the database, so this actor has nothing to lose: it takes
 * what is due, posts it, records the outcome and looks again. How long a failing delivery waits and what it holds back is decided where it is
 * recorded, in db/webhook_deliveries.ts.
 */
import type { Store } from "../../db/store.ts";
import type { AttemptOutcome, TakenDelivery } from "../../db/webhook_deliveries.ts";
import type { WebhookSecrets } from "../../db/webhooks.ts";
import type { ActorSystem, Context } from "../runtime/actor.ts";
import { type EventHub, shown } from "../events/event_hub.ts";
import type { Settings } from "../settings/settings.ts";
import { signatureHeaders } from "./standard_webhooks.ts";
import { postWebhook } from "./webhook_request.ts";

/** What decides where may be sent to, and for how long. */
export type WebhookSettings = Pick<Settings, "webhookHttp" | "webhookPrivateTargets" | "webhookRetryDays">;

/** Requests of all webhooks together that are under way at once. */
const WIDTH = 32;

/** When nothing is due earlier, it is looked all the same: another process may have added a webhook. */
const LOOK_EVERY_MS = 30_000;

const TIDY_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

type WebhookMail = "look" | "tidy";

export class WebhookSender {
  readonly #sending = new Set<Promise<void>>();
  #context: Context<WebhookMail> | undefined;
  #asked = false;
  #any = true;
  #anyKnownAtMs = -Infinity;
  /** Until then nothing is due, unless something is planned, recorded or edited. */
  #idleUntilMs = -Infinity;
  #cancelLook = () => {};

  constructor(readonly system: ActorSystem, readonly store: Store, readonly settings: WebhookSettings, hub: Hub) {
    system.spawn<WebhookMail>("webhooks", (context) => {
      this.#context = context;
      this.#asked = false;
      context.after(0, "tidy");
      this.#look();
      return {
        receive: async (mail) => {
          await (mail === "tidy" ? this.#tidy() : this.#sendDue()).catch((error) =>
            system.log.warn("Webhooks could not be looked after", { error })
          );
          if (mail === "tidy") context.after(TIDY_EVERY_MS, "tidy");
        },
        // What is under way is recorded before the store closes, so that it is not sent again after a restart.
        stopped: async () => void await Promise.all(this.#sending),
      };
    }, { restartsPerMinute: 60 });
    hub.onPublished(() => this.#any && this.#look());
  }

  /** A webhook was added, edited or removed. */
  changed(): void {
    this.#anyKnownAtMs = -Infinity;
    this.#idleUntilMs = -Infinity;
    this.#any = true;
    this.#look();
  }

  /** Sends an event of no importance at once and tells how it went; nothing is recorded. Undefined: there is no such webhook. */
  async test(id: string): Promise<AttemptOutcome | undefined> {
    const now = this.system.clock.now();
    const [webhook, secrets] = await Promise.all([
      this.store.webhooks.find(id),
      this.store.webhooks.secretsOf(id, now),
    ]);
    if (!webhook || !secrets) return undefined;
    const data = { message: "Your webhook works" };
    const event = { sequence: null, type: "webhook.test", timestamp: now.toISOString(), chargePoint: null, data };
    return await this.#post(webhook.url, secrets, `test_${crypto.randomUUID()}`, event);
  }

  #look(): void {
    if (this.#asked) return;
    this.#asked = this.#context?.self.tell("look") ?? false;
  }

  async #sendDue(): Promise<void> {
    this.#asked = false;
    this.#cancelLook();
    if (!await this.#isAnyEnabled()) return this.#lookIn(LOOK_EVERY_MS);
    const { clock } = this.system;
    while (await this.store.webhookDeliveries.plan(clock.now())) this.#idleUntilMs = -Infinity;
    const nowMs = clock.now().getTime();
    if (nowMs < this.#idleUntilMs) return this.#lookIn(this.#idleUntilMs - nowMs);
    const room = WIDTH - this.#sending.size;
    const taken = room > 0 ? await this.store.webhookDeliveries.take(room, clock.now()) : [];
    for (const delivery of taken) this.#send(delivery);
    if (room === 0 || taken.length > 0) return; // the end of one of them is the next look
    const dueAt = await this.store.webhookDeliveries.nextDueAt();
    this.#idleUntilMs = Math.min(dueAt?.getTime() ?? Infinity, nowMs + LOOK_EVERY_MS);
    this.#lookIn(Math.max(this.#idleUntilMs - nowMs, 0));
  }

  #lookIn(ms: number): void {
    this.#cancelLook = this.#context!.after(ms, "look");
  }

  async #isAnyEnabled(): Promise<boolean> {
    const nowMs = this.system.clock.monotonicMs();
    if (nowMs - this.#anyKnownAtMs < LOOK_EVERY_MS) return this.#any;
    this.#any = await this.store.webhooks.any();
    this.#anyKnownAtMs = nowMs;
    return this.#any;
  }

  #send(delivery: TakenDelivery): void {
    const { webhook, url, event } = delivery;
    const sending = this.#post(url, delivery, `evt_${event.sequence}`, shown(event))
      .then((outcome) => this.#settle(delivery, outcome))
      // Not recorded: its lease ends, and it is sent again with the same webhook-id.
      .catch((error) => this.system.log.warn(`A delivery to webhook ${webhook} could not be recorded`, { error }))
      .finally(() => {
        this.#sending.delete(sending);
        this.#idleUntilMs = -Infinity;
      });
    this.#sending.add(sending);
    this.#context!.pipe(sending, () => "look", () => "look");
  }

  async #settle({ webhook, url, event }: TakenDelivery, outcome: AttemptOutcome): Promise<void> {
    const now = this.system.clock.now();
    this.system.counts.deliveries.inc({ outcome: outcome.error === null ? "delivered" : "failed" });
    this.system.counts.deliveryTimes.observe(outcome.latencyMs / 1000);
    if (outcome.error !== null) {
      this.system.log.info(`Webhook ${webhook} did not take event ${event.sequence}: ${outcome.error}`, { url });
    }
    await this.store.webhookDeliveries.settle(webhook, event.sequence, outcome, this.#givenUpFrom(now), now);
  }

  #post(url: string, { secret, previousSecret }: WebhookSecrets, id: string, event: object): Promise<AttemptOutcome> {
    const { clock } = this.system;
    const body = JSON.stringify(event);
    const secrets = previousSecret === null ? [secret] : [secret, previousSecret];
    const headers = {
      "content-type": "application/json",
      "user-agent": "Chargehand",
      ...signatureHeaders(id, clock.now(), body, secrets),
    };
    return postWebhook(url, headers, body, this.settings, clock);
  }

  async #tidy(): Promise<void> {
    const now = this.system.clock.now();
    const skipped = await this.store.webhookDeliveries.skip(this.#givenUpFrom(now), now);
    if (skipped > 0) this.system.log.warn(`${skipped} deliveries to webhooks waited too long and were skipped`);
  }

  #givenUpFrom(now: Date): Date {
    return new Date(now.getTime() - this.settings.webhookRetryDays * DAY_MS);
  }
}

/** Whoever tells that events were published. */
type Hub = Pick<EventHub, "onPublished">;
