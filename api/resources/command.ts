/**
 * Commands as the API shows them, and how all routes send them: the rules for operators are checked, the command is sent, and the route waits
 * for its end as long as the client wants. A command that has not ended by then is no error; it goes on.
 */
import { z } from "zod";
import type { ChargePoint } from "../../db/charge_points.ts";
import type { Command as Row } from "../../db/commands.ts";
import { COMMAND_STATES, isUnderWay } from "../../ocpp/command_end.ts";
import type { FromCentralSystem } from "../../ocpp/registry.ts";
import { isTrigger } from "../../ocpp/remote_trigger/triggered.ts";
import { maskSecrets } from "../../ocpp/secrets.ts";
import { noChargePoint } from "./charge_points.ts";
import { applyRules } from "./command_rules.ts";
import { flag, jsonObject, moment, wholeNumber } from "../http/fields.ts";
import type { App } from "../http/app.ts";
import type { Asked } from "../http/route.ts";

/** How long a request waits for the charge point without a `Prefer` header, and the longest wait. */
const WAIT_SECONDS = 30;
const WAIT_MAX_SECONDS = 300;

const EXPIRES_MAX_SECONDS = 30 * 24 * 3600;

/** The query parameters of every route that sends a command. */
export const howToSend = z.strictObject({
  whenOffline: z.enum(["queue"]).optional()
    .meta({ description: "Keep the command until the charge point connects, for actions that are safe to do late" }),
  expiresInSeconds: wholeNumber(1, EXPIRES_MAX_SECONDS).optional()
    .meta({ type: "integer", description: "A command that was not sent after this time expires" }),
  force: flag.optional()
    .meta({ description: "Also trigger a BootNotification on an accepted charge point" }),
});

/** Every state of a command. */
export const commandState = z.enum(COMMAND_STATES);

const CommandError = z.object({ code: z.string(), description: z.string(), details: z.unknown() });

const Triggered = z.object({
  action: z.string(),
  connectorId: z.int().nullable(),
  at: moment,
  messageId: z.string(),
  payload: z.unknown(),
  cut: z.boolean().meta({ description: "true: only the beginning of the payload was kept, as text" }),
});

/** An operator's command. Its payloads are as on the wire, with secrets masked. */
export const Command = z.object({
  id: z.string(),
  chargePoint: z.string(),
  action: z.string(),
  request: jsonObject,
  state: commandState,
  confirmation: jsonObject.nullable(),
  error: CommandError.nullable(),
  lateAnswer: z.unknown().meta({ description: "The answer that came after the command had ended" }),
  createdAt: moment,
  sentAt: moment.nullable(),
  settledAt: moment.nullable(),
  latencyMs: z.number().nullable(),
  expiresAt: moment,
  messageId: z.string().nullable(),
  triggered: z.array(Triggered).optional().meta({
    description: "Of TriggerMessage and ExtendedTriggerMessage: the messages that the charge point sent because of it",
  }),
  requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
}).meta({ id: "Command" });

/** A row with the secrets in its payloads masked. */
export function viewOf(row: Row): z.output<typeof Command> {
  const { request, confirmation, error, lateAnswer } = row;
  const shown = { ...row, ...maskSecrets({ request, confirmation, error, lateAnswer }) as Pick<Row, "request"> };
  return isTrigger(row) ? { triggered: [], ...shown } : shown;
}

/** The parts of a request that sending needs. */
export type Sending = Pick<Asked<unknown, z.output<typeof howToSend>>, "query" | "operator" | "headers" | "app">;

/** Sends a command and answers with it: 200 when it ended within the wait, else 202. Throws the problem of a refusal. */
export async function send(asked: Sending, identity: string, action: FromCentralSystem, request: object) {
  const target = await targetOf(asked.app, identity);
  applyRules(action, request, target, asked.operator);
  const command = await call(asked, target, action, request);
  return answerOf(isUnderWay(command), command, { Location: `/v1/commands/${command.id}` });
}

/** 202 while the work is running, else 200. */
export function answerOf<T>(underWay: boolean, body: T, headers: Record<string, string> = {}) {
  return underWay ? { status: 202, body, headers } as const : { status: 200, body, headers } as const;
}

/** The charge point to send to. Throws 404. */
export async function targetOf({ store }: App, identity: string): Promise<ChargePoint> {
  const target = await store.chargePoints.find(identity);
  if (!target) throw noChargePoint(identity);
  return target;
}

/** Sends a command and waits up to `waitMs` for its end. Throws CommandRefused. */
export async function call(
  { query, operator, headers, app }: Sending,
  target: ChargePoint,
  action: FromCentralSystem,
  request: object,
  waitMs = waitMsOf({ headers, app }, target.identity),
): Promise<z.output<typeof Command>> {
  const options = { chargePoint: target.identity, action, request, requestedBy: operator.id, ...query, waitMs };
  return viewOf(await app.chargePoints.commands.send(options, target));
}

/**
 * How long to wait for the end of a command: as `Prefer` says (RFC 7240: `wait=N` in seconds, `respond-async` for no wait), else
 * 30 s, or no wait while the charge point is not connected. An unknown preference is ignored.
 */
export function waitMsOf({ headers, app }: Pick<Sending, "headers" | "app">, identity: string): number {
  const preferences = (headers.get("Prefer") ?? "").toLowerCase().split(",").map((one) => one.trim());
  const [wait] = preferences.flatMap((one) => /^wait *= *"?(\d{1,6})"?$/.exec(one)?.[1] ?? []);
  if (wait !== undefined) return Math.min(Number(wait), WAIT_MAX_SECONDS) * 1000;
  const isOffline = app.chargePoints.connection(identity) === undefined;
  return isOffline || preferences.includes("respond-async") ? 0 : WAIT_SECONDS * 1000;
}
