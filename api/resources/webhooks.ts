/**
 * Webhooks as a resource: where operators' own systems are told of events. The secret that signs is shown once, when it is made.
 */
import { z } from "zod";
import { isWebhookSecret, makeWebhookSecret } from "../../actors/webhooks/standard_webhooks.ts";
import { targetProblem } from "../../actors/webhooks/webhook_request.ts";
import type { Webhook as Row } from "../../db/webhooks.ts";
import { eventType } from "./events.ts";
import { identity, moment } from "../http/fields.ts";
import type { App } from "../http/app.ts";
import { listOf, listQuery, pageAndFilter } from "../http/list.ts";
import { invalid } from "../http/problem.ts";
import { resource } from "../http/resource.ts";
import { ok, type Route, route } from "../http/route.ts";

const tag = "Webhooks";

/** A replaced secret signs beside the new one for so long. */
const OLD_SECRET_MS = 24 * 3600 * 1000;

const LIST_MAX = 1000;

const fields = {
  url: z.string().max(2000).meta({ description: "https, and public, unless the settings allow more" }),
  description: z.string().max(1000),
  types: z.array(eventType).max(LIST_MAX).meta({ description: "Empty: every type" }),
  chargePoints: z.array(identity).max(LIST_MAX).meta({ description: "Empty: every charge point" }),
  enabled: z.boolean().meta({ description: "While it is not, events wait as long as they are kept" }),
};

const secret = z.string().refine(isWebhookSecret, "whsec_ and 24 to 64 bytes in base64");

const Webhook = z.object({
  id: z.string(),
  ...fields,
  state: z.enum(["healthy", "failing", "disabled"]).meta({ description: "failing: several attempts in a row failed" }),
  failingSince: moment.nullable(),
  lastError: z.string().nullable().meta({ description: "Of the latest attempt, null when it succeeded" }),
  position: z.int().meta({ description: "The sequence of the last event that was looked at for it" }),
  lostUntil: z.int().nullable()
    .meta({ description: "Some events up to this sequence were too old to be kept before they could be delivered" }),
  pending: z.int().meta({ description: "Deliveries that wait" }),
  skipped: z.int().meta({ description: "Deliveries that were given up" }),
  createdAt: moment,
}).meta({ id: "Webhook" });

const NewWebhook = Webhook.extend({
  secret: z.string().optional().meta({ description: "Shown this once and never again, when it was made here" }),
}).meta({ id: "NewWebhook" });

const WebhookPut = z.strictObject({
  url: fields.url,
  description: fields.description.default(""),
  types: fields.types.default([]),
  chargePoints: fields.chargePoints.default([]),
  enabled: fields.enabled.default(true),
  secret: secret.optional().meta({
    description:
      "Of your own; without it one is made for a new webhook. A replaced one signs beside the new one for 24 h",
  }),
}).meta({ id: "WebhookPut" });

const Delivery = z.object({
  sequence: z.int().meta({ description: "Of the event; the webhook-id is `evt_` and this number" }),
  type: z.string(),
  chargePoint: z.string().nullable(),
  state: z.enum(["pending", "delivered", "skipped"]),
  attempts: z.int(),
  createdAt: moment,
  nextAttemptAt: moment,
  lastAttemptAt: moment.nullable(),
  lastStatus: z.int().nullable().meta({ description: "The HTTP status of the latest answer" }),
  lastError: z.string().nullable(),
  latencyMs: z.int().nullable(),
  settledAt: moment.nullable(),
}).meta({ id: "WebhookDelivery" });

const TestResult = z.object({
  delivered: z.boolean(),
  status: z.int().nullable(),
  error: z.string().nullable(),
  latencyMs: z.int(),
}).meta({ id: "WebhookTest" });

function viewOf({ failures: _, ...row }: Row): z.output<typeof Webhook> {
  return { ...row, state: !row.enabled ? "disabled" : row.failingSince === null ? "healthy" : "failing" };
}

const webhooks = resource({
  path: "/v1/webhooks",
  key: { id: z.uuid() },
  tag,
  noun: "webhook",
  read: "admin",
  write: "admin",
  shows: Webhook,
});

/** Creates or replaces. Throws the problem of a target that is not allowed. */
async function put(app: App, id: string, { secret: given, ...fields }: z.output<typeof WebhookPut>) {
  const problem = targetProblem(fields.url, app.settings);
  if (problem !== undefined) throw invalid({ in: "body", pointer: "/url", detail: problem });
  const now = app.clock.now();
  const made = makeWebhookSecret();
  const secrets = { given, made, previousUntil: new Date(now.getTime() + OLD_SECRET_MS) };
  const { row, created } = await app.store.webhooks.put(id, fields, secrets, now);
  app.webhooks.changed();
  return { row: { ...viewOf(row), ...(created && given === undefined && { secret: made }) }, created };
}

/** Only admins see and make them: a webhook is told everything. */
export const webhookRoutes: readonly Route[] = [
  webhooks.list({
    summary: "All webhooks, newest first",
    async load({ app, page }) {
      const { items, next } = await app.store.webhooks.list(page);
      return { items: items.map(viewOf), next };
    },
  }),
  webhooks.create({
    summary: "Makes a webhook, beginning with the next event, and shows its secret once",
    description:
      "Requests are signed after Standard Webhooks. Each event comes at least once, those of one charge point in their order.",
    body: WebhookPut,
    example: { url: "https://example.com/chargehand", types: ["transaction.ended"] },
    made: NewWebhook,
    async save({ app, body }) {
      const id = crypto.randomUUID();
      return { id, row: (await put(app, id, body)).row };
    },
  }),
  webhooks.find({
    summary: "One webhook",
    async load({ app, id }) {
      const found = await app.store.webhooks.find(id);
      return found && viewOf(found);
    },
  }),
  webhooks.put({
    summary: "Makes a webhook with this id, or replaces what is set for it; what waits is tried again at once",
    body: WebhookPut,
    example: { url: "https://example.com/chargehand", enabled: true },
    made: NewWebhook,
    save: ({ app, id, body }) => put(app, id, body),
  }),
  webhooks.remove({
    summary: "Removes a webhook with its deliveries",
    async remove({ app, id }) {
      const removed = await app.store.webhooks.remove(id);
      if (removed) app.webhooks.changed();
      return removed;
    },
  }),
  route({
    method: "get",
    path: "/v1/webhooks/{id}/deliveries",
    access: "admin",
    tag,
    summary: "What was and is to be sent to a webhook, newest first",
    params: webhooks.params,
    query: listQuery({ state: Delivery.shape.state.optional() }),
    answers: { 200: listOf(Delivery) },
    handle: async ({ params: { id }, query, app }) => {
      if (!await app.store.webhooks.find(id)) throw webhooks.missing(id);
      const { page, filter } = pageAndFilter(query);
      return ok(await app.store.webhookDeliveries.list(id, filter, page));
    },
  }),
  route({
    method: "post",
    path: "/v1/webhooks/{id}/test",
    access: "admin",
    tag,
    summary: "Sends a `webhook.test` at once and tells how it went",
    params: webhooks.params,
    body: z.strictObject({}),
    answers: { 200: TestResult },
    handle: async ({ params: { id }, app }) => {
      const outcome = await app.webhooks.test(id);
      if (!outcome) throw webhooks.missing(id);
      const { status, error, latencyMs } = outcome;
      return ok({ delivered: error === null, status, error, latencyMs: Math.round(latencyMs) });
    },
  }),
];
