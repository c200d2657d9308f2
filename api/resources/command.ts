/**
 * Commands as the API shows them, and the one way in which routes send them: rules for operators first, then the charge point's
 * actor, then as long a wait as the client wants. A command that has not ended by then is no error; it goes on by itself.
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

/** How long a client waits for the charge point when it says nothing, and how long it can at most. */
const WAIT_SECONDS = 30;
const WAIT_MAX_SECONDS = 300;

const EXPIRES_MAX_SECONDS = 30 * 24 * 3600;

/** What may stand in the query of every route that sends. */
export const howToSend = z.strictObject({
  whenOffline: z.enum(["queue"]).optional()
    .meta({ description: "Keep it until the charge point is back, for actions that are safe to do late" }),
  expiresInSeconds: wholeNumber(1, EXPIRES_MAX_SECONDS).optional()
    .meta({ type: "integer", description: "After that it is not sent any more" }),
  force: flag.optional()
    .meta({ description: "Also ask an accepted charge point for a BootNotification" }),
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
  cut: z.boolean().meta({ description: "Only the beginning of the payload was kept, as text" }),
});

/** An operator's command. Payloads are as on the wire, without their secrets. */
export const Command = z.object({
  id: z.string(),
  chargePoint: z.string(),
  action: z.string(),
  request: jsonObject,
  state: commandState,
  confirmation: jsonObject.nullable(),
  error: CommandError.nullable(),
  lateAnswer: z.unknown().meta({ description: "What the charge point answered after the command had ended" }),
  createdAt: moment,
  sentAt: moment.nullable(),
  settledAt: moment.nullable(),
  latencyMs: z.number().nullable(),
  expiresAt: moment,
  messageId: z.string().nullable(),
  triggered: z.array(Triggered).optional().meta({ description: "At triggers: the messages that came because of it" }),
  requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
}).meta({ id: "Command" });

/** A row without the secrets that its payloads may hold. */
export function viewOf(row: Row): z.output<typeof Command> {
  const { request, confirmation, error, lateAnswer } = row;
  const shown = { ...row, ...maskSecrets({ request, confirmation, error, lateAnswer }) as Pick<Row, "request"> };
  return isTrigger(row) ? { triggered: [], ...shown } : shown;
}

/** What sending needs of a request. */
export type Sending = Pick<Asked<unknown, z.output<typeof howToSend>>, "query" | "operator" | "headers" | "app">;

/** Sends a command and answers with it: 200 when it ended within the wait, else 202. Throws what refuses it. */
export async function send(asked: Sending, identity: string, action: FromCentralSystem, request: object) {
  const target = await targetOf(asked.app, identity);
  applyRules(action, request, target, asked.operator);
  const command = await call(asked, target, action, request);
  return answerOf(isUnderWay(command), command, { Location: `/v1/commands/${command.id}` });
}

/** 202 while something is under way, else 200. */
export function answerOf<T>(underWay: boolean, body: T, headers: Record<string, string> = {}) {
  return underWay ? { status: 202, body, headers } as const : { status: 200, body, headers } as const;
}

/** The charge point that is to be sent something. Throws the problem of 404. */
export async function targetOf({ store }: App, identity: string): Promise<ChargePoint> {
  const target = await store.chargePoints.find(identity);
  if (!target) throw noChargePoint(identity);
  return target;
}

/** Sends a command and waits so long for its end. Throws CommandRefused. */
export async function call(
  { query, operator, headers, app }: Sending,
  target: ChargePoint,
  action: FromCentralSystem,
  request: object,
  waitMs = patienceMs({ headers, app }, target.identity),
): Promise<z.output<typeof Command>> {
  const options = { chargePoint: target.identity, action, request, requestedBy: operator.id, ...query, waitMs };
  return viewOf(await app.chargePoints.commands.send(options, target));
}

/**
 * How long to wait for the end of a command: what `Prefer` says (RFC 7240: `wait=N` in seconds, `respond-async` for not at all), else
 * 30 s, or nothing while the charge point is away. A preference that is not understood is ignored.
 */
export function patienceMs({ headers, app }: Pick<Sending, "headers" | "app">, identity: string): number {
  const preferences = (headers.get("Prefer") ?? "").toLowerCase().split(",").map((one) => one.trim());
  const [wait] = preferences.flatMap((one) => /^wait *= *"?(\d{1,6})"?$/.exec(one)?.[1] ?? []);
  if (wait !== undefined) return Math.min(Number(wait), WAIT_MAX_SECONDS) * 1000;
  const isAway = app.chargePoints.connection(identity) === undefined;
  return isAway || preferences.includes("respond-async") ? 0 : WAIT_SECONDS * 1000;
}
