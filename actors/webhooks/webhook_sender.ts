/**
 * The actor that sends events to webhooks. All deliveries are in the database: the actor takes those that are due, posts them and records the outcome. The
 * back-off of a failing delivery, and which deliveries wait for it, are decided in db/webhook_deliveries.ts.
 */
import type { Store } from "../../db/store.ts";
import type { AttemptOutcome, TakenDelivery } from "../../db/webhook_deliveries.ts";
import type { WebhookSecrets } from "../../db/webhooks.ts";
import { shown } from "../events/event_hub.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT, type Ref } from "../runtime/actor.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Signals } from "../runtime/signals.ts";
import type { Settings } from "../settings/settings.ts";
import { signatureHeaders } from "./standard_webhooks.ts";
import { postWebhook } from "./webhook_request.ts";

/** The settings for targets and retries. */
export type WebhookSettings = Pick<Settings, "webhookHttp" | "webhookPrivateTargets" | "webhookRetryDays">;

/** Requests under way at the same time, over all webhooks, at most. */
const REQUESTS_MAX = 32;

/** Interval of checks when nothing is due earlier, because another process may have added a webhook. */
const CHECK_INTERVAL_MS = 30_000;

const TIDY_INTERVAL_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Every mail but `tidyDue` leads to a check for due deliveries. */
type WebhookMail =
  | { readonly kind: "edited" | "eventsPublished" | "checkDue" | "tidyDue" }
  | { readonly kind: "deliveryEnded"; readonly delivery: TakenDelivery };

/** The interface of the webhooks actor for the API. */
export class WebhookSender {
  readonly #sender: Ref<WebhookMail>;

  constructor(
    readonly system: ActorSystem,
    readonly store: Store,
    readonly settings: WebhookSettings,
    signals: Signals,
  ) {
    const create = (context: Context<WebhookMail>) => new Sender(context, system, store, settings, signals);
    this.#sender = system.spawn("webhooks", create, PERMANENT);
  }

  /** Call after a webhook was added, edited or removed. */
  changed(): void {
    this.#sender.tell({ kind: "edited" });
  }

  /** Sends a test event at once and returns the outcome; nothing is recorded. Undefined: there is no such webhook. */
  async test(id: string): Promise<AttemptOutcome | undefined> {
    const { store, settings, system: { clock } } = this;
    const now = clock.now();
    const [webhook, secrets] = await Promise.all([store.webhooks.find(id), store.webhooks.secretsOf(id, now)]);
    if (!webhook || !secrets) return undefined;
    const data = { message: "Your webhook works" };
    const event = { sequence: null, type: "webhook.test", timestamp: now.toISOString(), chargePoint: null, data };
    return await post(webhook.url, secrets, `test_${crypto.randomUUID()}`, event, settings, clock);
  }
}

class Sender implements Actor<WebhookMail> {
  readonly #sending = new Map<TakenDelivery, Promise<void>>();
  /** Whether there is an enabled webhook, as of the last check. */
  #isAny = true;
  #isAnyReadAtMs = -Infinity;
  /** No delivery is due before this time, unless an event is published, a delivery ends or a webhook is edited. */
  #idleUntilMs = -Infinity;

  constructor(
    readonly context: Context<WebhookMail>,
    readonly system: ActorSystem,
    readonly store: Store,
    readonly settings: WebhookSettings,
    signals: Signals,
  ) {
    context.subscribe(signals, ({ kind }) => kind === "eventsPublished" ? { kind } : undefined, {
      key: () => "events",
    });
    context.every(TIDY_INTERVAL_MS, { kind: "tidyDue" }, 0);
    context.self.tell({ kind: "checkDue" });
  }

  async receive(mail: WebhookMail): Promise<void> {
    try {
      await this.#handle(mail);
    } catch (error) {
      this.system.log.warn("Deliveries to webhooks could not be read; retrying later", { error });
    }
  }

  #handle(mail: WebhookMail): void | Promise<void> {
    switch (mail.kind) {
      case "edited":
        this.#isAnyReadAtMs = this.#idleUntilMs = -Infinity;
        return this.#sendDue();
      case "eventsPublished":
        return this.#isAny ? this.#sendDue() : undefined;
      case "checkDue":
        return this.#sendDue();
      case "deliveryEnded":
        this.#sending.delete(mail.delivery);
        this.#idleUntilMs = -Infinity;
        return this.#sendDue();
      case "tidyDue":
        return this.#tidy();
    }
  }

  /** Waits for the requests under way, so that their outcome is recorded before the store closes. */
  async stopped(): Promise<void> {
    await Promise.allSettled(this.#sending.values());
  }

  async #sendDue(): Promise<void> {
    const { clock } = this.context;
    if (!await this.#isAnyEnabled()) return this.#checkIn(CHECK_INTERVAL_MS);
    while (await this.store.webhookDeliveries.plan(clock.now())) this.#idleUntilMs = -Infinity;
    const nowMs = clock.now().getTime();
    if (nowMs < this.#idleUntilMs) return this.#checkIn(this.#idleUntilMs - nowMs);
    const max = REQUESTS_MAX - this.#sending.size;
    const taken = max > 0 ? await this.store.webhookDeliveries.take(max, clock.now()) : [];
    for (const delivery of taken) this.#send(delivery);
    if (max === 0 || taken.length > 0) return; // the end of a request leads to the next check
    const dueAt = await this.store.webhookDeliveries.nextDueAt();
    this.#idleUntilMs = Math.min(dueAt?.getTime() ?? Infinity, nowMs + CHECK_INTERVAL_MS);
    this.#checkIn(Math.max(this.#idleUntilMs - nowMs, 0));
  }

  #checkIn(ms: number): void {
    this.context.after(ms, { kind: "checkDue" }, "check");
  }

  async #isAnyEnabled(): Promise<boolean> {
    const nowMs = this.context.clock.monotonicMs();
    if (nowMs - this.#isAnyReadAtMs < CHECK_INTERVAL_MS) return this.#isAny;
    this.#isAny = await this.store.webhooks.any();
    this.#isAnyReadAtMs = nowMs;
    return this.#isAny;
  }

  #send(delivery: TakenDelivery): void {
    const ended = { kind: "deliveryEnded", delivery } as const;
    const sending = this.#deliver(delivery);
    this.#sending.set(delivery, sending);
    this.context.pipe(sending, () => ended, (error) => {
      // The delivery's lease will expire, and it is sent again with the same webhook-id.
      this.system.log.warn(`A delivery to webhook ${delivery.webhook} could not be recorded`, { error });
      return ended;
    });
  }

  async #deliver(delivery: TakenDelivery): Promise<void> {
    const { system: { counts, log, clock }, settings, store } = this;
    const { webhook, url, event } = delivery;
    const outcome = await post(url, delivery, `evt_${event.sequence}`, shown(event), settings, clock);
    counts.deliveries.inc({ outcome: outcome.error === null ? "delivered" : "failed" });
    counts.deliveryTimes.observe(outcome.latencyMs / 1000);
    if (outcome.error !== null) {
      log.info(`Event ${event.sequence} could not be delivered to webhook ${webhook}: ${outcome.error}`, { url });
    }
    const now = clock.now();
    await store.webhookDeliveries.settle(webhook, event.sequence, outcome, this.#givenUpFrom(now), now);
  }

  async #tidy(): Promise<void> {
    const now = this.context.clock.now();
    const skipped = await this.store.webhookDeliveries.skip(this.#givenUpFrom(now), now);
    if (skipped > 0) {
      this.system.log.warn(
        `${skipped} deliveries to webhooks were skipped: they failed for ${this.settings.webhookRetryDays} days`,
      );
    }
  }

  #givenUpFrom(now: Date): Date {
    return new Date(now.getTime() - this.settings.webhookRetryDays * DAY_MS);
  }
}

/** Signs an event and posts it. */
function post(
  url: string,
  { secret, previousSecret }: WebhookSecrets,
  id: string,
  event: object,
  settings: WebhookSettings,
  clock: Clock,
): Promise<AttemptOutcome> {
  const body = JSON.stringify(event);
  const secrets = previousSecret === null ? [secret] : [secret, previousSecret];
  const headers = {
    "content-type": "application/json",
    "user-agent": "Chargehand",
    ...signatureHeaders(id, clock.now(), body, secrets),
  };
  return postWebhook(url, headers, body, settings, clock);
}
