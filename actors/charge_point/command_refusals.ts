/**
 * An operator's command before it is a row: what may be asked, when it is refused, and what the new row looks like. A refusal
 * changes nothing: nothing has been written or sent.
 */
import type { ChargePoint } from "../../db/charge_points.ts";
import type { Command, NewCommand } from "../../db/commands.ts";
import { findAction, type FromCentralSystem } from "../../ocpp/registry.ts";
import { isSecretKey, MASK, maskSecrets } from "../../ocpp/secrets.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";

/** What an operator asks for. `request` has been checked against the action's description. */
export interface SendOptions {
  readonly chargePoint: string;
  readonly action: FromCentralSystem;
  readonly request: object;
  /**
   * The command's id, a uuid of version 7. A caller that must never send twice writes the id down before it asks, looks for the command under it
   * after a restart, and asks again only when there is none. Absent: a new one.
   */
  readonly commandId?: string;
  /** Id of the API key that asked; null for ourselves. */
  readonly requestedBy: string | null;
  /** Keep it for an offline charge point, where the action allows that. */
  readonly whenOffline?: "queue";
  /** How long it may wait to be sent. Default one hour when queued for an offline charge point. */
  readonly expiresInSeconds?: number;
  /** Sends what the specification forbids to ask of an accepted charge point. */
  readonly force?: boolean;
  /** How long the caller wants to wait for the end of it. */
  readonly waitMs: number;
}

/** Why a command was refused; the slug is the last part of the problem's type in the API. */
export type RefusalSlug =
  | "charge-point-unknown"
  | "charge-point-offline"
  | "not-queueable"
  | "not-accepted"
  | "boot-notification-not-triggerable"
  | "command-queue-full";

/** A command that was not taken. The message tells the operator what to do. */
export class CommandRefused extends Error {
  constructor(readonly slug: RefusalSlug, readonly detail: string) {
    super(detail);
    this.name = "CommandRefused";
  }
}

/** Commands that may wait for one charge point. */
export const QUEUE_LIMIT = 32;

const QUEUED_EXPIRES_SECONDS = 3600;

/** A command for a connected charge point that a restart keeps from being sent must not be sent much later. */
const LIVE_EXPIRES_SECONDS = 300;

/** The situation that a command meets. */
export interface Situation {
  readonly chargePoint: ChargePoint | undefined;
  readonly connected: boolean;
}

/** The text about an identity that is not registered. */
export function unknownChargePoint(identity: string): string {
  return `There is no charge point ${identity}; PUT /v1/charge-points/${encodeURIComponent(identity)} registers it`;
}

/** Throws CommandRefused when a command cannot be taken now. */
export function refuseUnless(options: SendOptions, { chargePoint, connected }: Situation): void {
  const { action, chargePoint: identity } = options;
  if (!chargePoint) throw new CommandRefused("charge-point-unknown", unknownChargePoint(identity));
  const { registration } = chargePoint;
  if (registration === "Rejected") {
    throw new CommandRefused(
      "not-accepted",
      `${identity} is Rejected. Set its registration to Accepted or Pending first.`,
    );
  }
  // OCPP 1.6 4.2: while Pending, remote start and stop are the two that must not be sent.
  if (registration === "Pending" && (action === "RemoteStartTransaction" || action === "RemoteStopTransaction")) {
    throw new CommandRefused("not-accepted", `${identity} is Pending. Set its registration to Accepted first.`);
  }
  if (isForbiddenTrigger(options) && registration === "Accepted" && !options.force) {
    throw new CommandRefused(
      "boot-notification-not-triggerable",
      `${identity} is accepted; the specification forbids to trigger its BootNotification (errata 3.40). Repeat with ?force=true to send it all the same.`,
    );
  }
  if (!connected) refuseOffline(options);
}

/** Why a command is refused when QUEUE_LIMIT others wait. */
export function queueFull(identity: string): CommandRefused {
  return new CommandRefused(
    "command-queue-full",
    `${QUEUE_LIMIT} commands wait for ${identity} already. Wait, or cancel some.`,
  );
}

function isForbiddenTrigger({ action, request }: SendOptions): boolean {
  return (action === "TriggerMessage" || action === "ExtendedTriggerMessage") &&
    (request as { requestedMessage?: string }).requestedMessage === "BootNotification";
}

/** Whether it may be sent much later. A charge point that is Pending now may be accepted by then, and must not be asked to boot any more. */
function mayComeLate(options: SendOptions): boolean {
  return findAction(options.action)?.whenOffline === "queue" &&
    (!isForbiddenTrigger(options) || options.force === true);
}

function refuseOffline(options: SendOptions): void {
  const { action, chargePoint, request, whenOffline } = options;
  const queueable = mayComeLate(options) && !setsKey(action, request);
  if (whenOffline !== "queue") {
    const cure = queueable ? "Repeat with whenOffline=queue to send it when it is back." : "Repeat it when it is back.";
    throw new CommandRefused("charge-point-offline", `${chargePoint} is not connected. ${cure}`);
  }
  if (!queueable) {
    throw new CommandRefused(
      "not-queueable",
      `${chargePoint} is not connected, and this ${action} is not safe to do later. Repeat it when it is back.`,
    );
  }
}

/** The row of a command that is taken. */
export function newCommand(options: SendOptions, connected: boolean, now: Date): NewCommand {
  const { chargePoint, action, request, requestedBy } = options;
  const seconds = options.expiresInSeconds ??
    (connected && options.whenOffline !== "queue" ? LIVE_EXPIRES_SECONDS : QUEUED_EXPIRES_SECONDS);
  return {
    id: options.commandId ?? uuidVersion7(now),
    chargePoint,
    action,
    request,
    requestedBy,
    whenOffline: options.whenOffline === "queue" && mayComeLate(options) ? "queue" : "refuse",
    createdAt: now,
    expiresAt: new Date(now.getTime() + seconds * 1000),
  };
}

/**
 * The request as its row keeps it: a new AuthorizationKey is never written down (security white paper A01.FR.09), so it lives in memory
 * until it is sent.
 */
export function storedRequest({ action, request }: SendOptions): object {
  return setsKey(action, request) ? maskSecrets(request) as object : request;
}

/** Whether a row read from the database lacks the secret that it would have to send. */
export function lacksSecret({ action, request }: Command): boolean {
  return setsKey(action, request) && request.value === MASK;
}

function setsKey(action: string, request: object): boolean {
  return action === "ChangeConfiguration" && isSecretKey(String((request as { key?: unknown }).key));
}
