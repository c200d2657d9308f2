/**
 * Sends events to webhooks. What is to be sent, what was sent and what waits is in the database, so this actor has nothing to lose: it takes
 * what is due, posts it, records the outcome and looks again. How long a failing delivery waits and what it holds back is decided where it is
 * recorded, in db/webhook_deliveries.ts.
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

/** What decides where may be sent to, and for how long. */
export type WebhookSettings = Pick<Settings, "webhookHttp" | "webhookPrivateTargets" | "webhookRetryDays">;

/** Requests of all webhooks together that are under way at once. */
const WIDTH = 32;

/** When nothing is due earlier, the actor looks all the same: another process may have added a webhook. */
const LOOK_EVERY_MS = 30_000;

const TIDY_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What happened. `due`: it is time to look. */
type WebhookMail =
  | { readonly kind: "edited" | "eventsPublished" | "due" | "tidyDue" }
  | { readonly kind: "deliveryEnded"; readonly delivery: TakenDelivery };

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

  /** A webhook was added, edited or removed. */
  changed(): void {
    this.#sender.tell({ kind: "edited" });
  }

  /** Sends an event of no importance at once and tells how it went; nothing is recorded. Undefined: there is no such webhook. */
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
  /** Whether there is an enabled webhook, as far as was read. */
  #any = true;
  #anyKnownAtMs = -Infinity;
  /** Until then nothing is due, unless something is planned, recorded or edited. */
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
    context.every(TIDY_EVERY_MS, { kind: "tidyDue" }, 0);
    context.self.tell({ kind: "due" });
  }

  async receive(mail: WebhookMail): Promise<void> {
    try {
      await this.#take(mail);
    } catch (error) {
      this.system.log.warn("Webhooks could not be looked after", { error });
    }
  }

  #take(mail: WebhookMail): void | Promise<void> {
    switch (mail.kind) {
      case "edited":
        this.#anyKnownAtMs = this.#idleUntilMs = -Infinity;
        return this.#sendDue();
      case "eventsPublished":
        return this.#any ? this.#sendDue() : undefined;
      case "due":
        return this.#sendDue();
      case "deliveryEnded":
        this.#sending.delete(mail.delivery);
        this.#idleUntilMs = -Infinity;
        return this.#sendDue();
      case "tidyDue":
        return this.#tidy();
    }
  }

  /** What is under way is recorded before the store closes, so that it is not sent again after a restart. */
  async stopped(): Promise<void> {
    await Promise.allSettled(this.#sending.values());
  }

  async #sendDue(): Promise<void> {
    const { clock } = this.context;
    if (!await this.#isAnyEnabled()) return this.#lookIn(LOOK_EVERY_MS);
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
    this.context.after(ms, { kind: "due" }, "due");
  }

  async #isAnyEnabled(): Promise<boolean> {
    const nowMs = this.context.clock.monotonicMs();
    if (nowMs - this.#anyKnownAtMs < LOOK_EVERY_MS) return this.#any;
    this.#any = await this.store.webhooks.any();
    this.#anyKnownAtMs = nowMs;
    return this.#any;
  }

  #send(delivery: TakenDelivery): void {
    const ended = { kind: "deliveryEnded", delivery } as const;
    const sending = this.#deliver(delivery);
    this.#sending.set(delivery, sending);
    this.context.pipe(sending, () => ended, (error) => {
      // Not recorded: its lease ends, and it is sent again with the same webhook-id.
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
      log.info(`Webhook ${webhook} did not take event ${event.sequence}: ${outcome.error}`, { url });
    }
    const now = clock.now();
    await store.webhookDeliveries.settle(webhook, event.sequence, outcome, this.#givenUpFrom(now), now);
  }

  async #tidy(): Promise<void> {
    const now = this.context.clock.now();
    const skipped = await this.store.webhookDeliveries.skip(this.#givenUpFrom(now), now);
    if (skipped > 0) this.system.log.warn(`${skipped} deliveries to webhooks waited too long and were skipped`);
  }

  #givenUpFrom(now: Date): Date {
    return new Date(now.getTime() - this.settings.webhookRetryDays * DAY_MS);
  }
}

/** Posts an event, signed. */
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
