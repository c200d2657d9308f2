import { z } from "zod";
import { CommandRefused } from "../../actors/charge_point/command_refusals.ts";
import type { ChargePoint } from "../../db/charge_points.ts";
import { isUnderWay } from "../../ocpp/command_end.ts";
import { ChangeConfiguration } from "../../ocpp/core/change_configuration.ts";
import { isSecretKey, MASK } from "../../ocpp/secrets.ts";
import { noChargePoint, params } from "./charge_points.ts";
import { applyRules } from "./command_rules.ts";
import { answerOf, call, Command, howToSend, type Sending, targetOf, waitMsOf } from "./command.ts";
import { moment } from "../http/fields.ts";
import { listOf } from "../http/list.ts";
import { pointerTo } from "../http/request.ts";
import { ok, type Route, route } from "../http/route.ts";

const tag = "Charge points";
const path = "/v1/charge-points/{identity}/configuration";

/** A configuration key as last fetched. Secrets are masked. */
const ConfigurationKey = z.object({
  key: z.string(),
  value: z.string().nullable(),
  readonly: z.boolean(),
  fetchedAt: moment,
}).meta({ id: "ConfigurationKey" });

const Changed = z.object({
  key: z.string(),
  status: z.string().nullable().meta({
    description: "The status in ChangeConfiguration.conf; null: there is none, or not yet",
  }),
  command: Command.nullable().meta({ description: "null when nothing was sent, for the reason in `refused`" }),
  refused: z.string().nullable(),
}).meta({ id: "ConfigurationChange" });

const Changes = z.object({ items: z.array(Changed) }).meta({ id: "ConfigurationChanges" });

/** Each key and value is checked as in ChangeConfiguration, all of them before the first one is sent. */
const ConfigurationPatch = z.record(z.string(), z.string()).check(({ value: body, issues }) => {
  if (Object.keys(body).length === 0) issues.push({ code: "custom", input: body, message: "Name at least one key" });
  for (const [key, value] of Object.entries(body)) {
    const found = ChangeConfiguration.request.safeParse({ key, value }).error?.issues ?? [];
    for (const { message } of found) issues.push({ code: "custom", input: undefined, path: [key], message });
  }
}).meta({ id: "ConfigurationPatch", description: "Values are always text, also for numbers and booleans" });

type Change = z.output<typeof Changed>;

/** Sends the keys one after the other. All share one wait; commands that have not ended by then go on. */
async function changeAll(
  asked: Sending,
  target: ChargePoint,
  requests: readonly { key: string; value: string }[],
): Promise<Change[]> {
  const { clock } = asked.app;
  const deadlineMs = clock.monotonicMs() + waitMsOf(asked, target.identity);
  const changes: Change[] = [];
  for (const request of requests) {
    const { key } = request;
    try {
      const waitMs = Math.max(0, deadlineMs - clock.monotonicMs());
      const command = await call(asked, target, "ChangeConfiguration", request, waitMs);
      const status = command.confirmation ? String(command.confirmation.status) : null;
      changes.push({ key, status, command, refused: null });
    } catch (error) {
      // When the first key is refused nothing was sent, so that the whole request is refused.
      if (changes.length === 0 || !(error instanceof CommandRefused)) throw error;
      changes.push({ key, status: null, command: null, refused: error.detail });
    }
  }
  return changes;
}

/** The configuration of one charge point as last fetched, and its changes. */
export const configurationRoutes: readonly Route[] = [
  route({
    method: "get",
    path,
    access: "viewer",
    tag,
    summary: "The configuration as last fetched with GetConfiguration",
    params,
    answers: { 200: listOf(ConfigurationKey) },
    handle: async ({ params: { identity }, app: { store } }) => {
      const known = await store.configurationKeys.list(identity);
      if (known.length === 0 && !await store.chargePoints.find(identity)) throw noChargePoint(identity);
      const items = known.map((one) => one.value !== null && isSecretKey(one.key) ? { ...one, value: MASK } : one);
      return ok({ items, next: null });
    },
  }),
  route({
    method: "patch",
    path,
    access: "operator",
    tag,
    summary: "Sends ChangeConfiguration for each key and reports each outcome",
    description:
      "The keys are sent in the given order, one after the other. All share one wait; commands that have not ended by then go on.",
    params,
    query: howToSend,
    body: ConfigurationPatch,
    example: { HeartbeatInterval: "300", MeterValueSampleInterval: "60" },
    answers: { 200: Changes, 202: Changes },
    handle: async ({ params: { identity }, body, ...asked }) => {
      const requests = Object.entries(body).map(([key, value]) => ({ key, value }));
      const target = await targetOf(asked.app, identity);
      for (const request of requests) {
        applyRules("ChangeConfiguration", request, target, asked.operator, pointerTo([request.key]));
      }
      const items = await changeAll(asked, target, requests);
      return answerOf(items.some(({ command }) => command !== null && isUnderWay(command)), { items });
    },
  }),
];
