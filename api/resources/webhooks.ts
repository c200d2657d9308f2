/**
 * Webhooks as a resource: URLs of operators' systems to which events are sent. The secret that signs the requests is shown once, when it is
 * created.
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

/** How long a replaced secret still signs, in addition to the new one. */
const OLD_SECRET_MS = 24 * 3600 * 1000;

const LIST_MAX = 1000;

const fields = {
  url: z.string().max(2000).meta({ description: "An https URL at a public address, unless the settings allow more" }),
  description: z.string().max(1000),
  types: z.array(eventType).max(LIST_MAX).meta({ description: "Empty: every type" }),
  chargePoints: z.array(identity).max(LIST_MAX).meta({ description: "Empty: every charge point" }),
  enabled: z.boolean().meta({ description: "false: nothing is sent; events wait as long as they are kept" }),
};

const secret = z.string().refine(isWebhookSecret, "Not whsec_ followed by 24 to 64 bytes in base64");

const Webhook = z.object({
  id: z.string(),
  ...fields,
  state: z.enum(["healthy", "failing", "disabled"]).meta({ description: "failing: several attempts in a row failed" }),
  failingSince: moment.nullable(),
  lastError: z.string().nullable().meta({ description: "The error of the latest attempt; null when it succeeded" }),
  position: z.int().meta({ description: "The sequence of the last event that was considered for this webhook" }),
  lostUntil: z.int().nullable()
    .meta({
      description: "Some events up to this sequence were removed, because of their age, before they could be delivered",
    }),
  pending: z.int().meta({ description: "Number of deliveries that wait" }),
  skipped: z.int().meta({ description: "Number of deliveries that were given up" }),
  createdAt: moment,
}).meta({ id: "Webhook" });

const NewWebhook = Webhook.extend({
  secret: z.string().optional().meta({
    description: "The secret, when the Central System created it. It is shown only in this response",
  }),
}).meta({ id: "NewWebhook" });

const WebhookPut = z.strictObject({
  url: fields.url,
  description: fields.description.default(""),
  types: fields.types.default([]),
  chargePoints: fields.chargePoints.default([]),
  enabled: fields.enabled.default(true),
  secret: secret.optional().meta({
    description:
      "A secret of your own; without it a new webhook gets a random one. A replaced secret still signs for 24 h, in addition to the new one",
  }),
}).meta({ id: "WebhookPut" });

const Delivery = z.object({
  sequence: z.int().meta({ description: "The event's sequence; the header webhook-id is `evt_` with this number" }),
  type: z.string(),
  chargePoint: z.string().nullable(),
  state: z.enum(["pending", "delivered", "skipped"]),
  attempts: z.int(),
  createdAt: moment,
  nextAttemptAt: moment,
  lastAttemptAt: moment.nullable(),
  lastStatus: z.int().nullable().meta({ description: "The HTTP status of the latest response" }),
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

/** Creates or replaces a webhook. Throws the problem of a URL that is not allowed. */
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

/** Only an admin may use them, because a webhook gets all events. */
export const webhookRoutes: readonly Route[] = [
  webhooks.list({
    summary: "All webhooks, newest first",
    async load({ app, page }) {
      const { items, next } = await app.store.webhooks.list(page);
      return { items: items.map(viewOf), next };
    },
  }),
  webhooks.create({
    summary: "Creates a webhook that begins with the next event, and shows its secret once",
    description:
      "Requests are signed as in Standard Webhooks. Each event is sent at least once; the events of one charge point are sent in their order.",
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
    summary: "Creates a webhook with this id, or replaces its settings; waiting deliveries are retried at once",
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
    summary: "The deliveries of a webhook, newest first",
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
    summary: "Sends a `webhook.test` at once and returns the result",
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
