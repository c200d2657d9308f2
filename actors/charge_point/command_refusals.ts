/**
 * The checks of a command before it is stored, and its new row. After a refusal nothing has been stored or sent.
 */
import type { ChargePoint } from "../../db/charge_points.ts";
import type { Command, NewCommand } from "../../db/commands.ts";
import { findAction, type FromCentralSystem } from "../../ocpp/registry.ts";
import { isSecretKey, MASK, maskSecrets } from "../../ocpp/secrets.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";

/** A command to send. `request` has been checked against the action's schema. */
export interface SendOptions {
  readonly chargePoint: string;
  readonly action: FromCentralSystem;
  readonly request: object;
  /**
   * The command's id, a UUID version 7; by default a new one. A caller that must never send a command twice stores the id first, looks for the command
   * after a restart, and sends it only if there is none.
   */
  readonly commandId?: string;
  /** Id of the API key of the request; null: the product itself. */
  readonly requestedBy: string | null;
  /** Queue it for an offline charge point, if the action allows that. */
  readonly whenOffline?: "queue";
  /** How long it may wait to be sent. Default: one hour if queued for an offline charge point, otherwise 5 minutes. */
  readonly expiresInSeconds?: number;
  /** Also sends a trigger that the specification forbids for an accepted charge point. */
  readonly force?: boolean;
  /** How long the caller waits for its end. */
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

/** Thrown when a command is refused. The message says what the operator can do. */
export class CommandRefused extends Error {
  constructor(readonly slug: RefusalSlug, readonly detail: string) {
    super(detail);
    this.name = "CommandRefused";
  }
}

/** Commands that may wait for one charge point, at most. */
export const QUEUE_LIMIT = 32;

const QUEUED_EXPIRES_SECONDS = 3600;

/** Expiry of a command for a connected charge point, so that after a restart it is not sent much later. */
const LIVE_EXPIRES_SECONDS = 300;

/** The state of the charge point when the command arrives. */
export interface Situation {
  readonly chargePoint: ChargePoint | undefined;
  readonly connected: boolean;
}

/** The error text for an identity that is not registered. */
export function unknownChargePoint(identity: string): string {
  return `There is no charge point ${identity}; register it with PUT /v1/charge-points/${encodeURIComponent(identity)}`;
}

/** Throws CommandRefused when a command cannot be sent or queued now. */
export function refuseUnless(options: SendOptions, { chargePoint, connected }: Situation): void {
  const { action, chargePoint: identity } = options;
  if (!chargePoint) throw new CommandRefused("charge-point-unknown", unknownChargePoint(identity));
  const { registration } = chargePoint;
  if (registration === "Rejected") {
    throw new CommandRefused(
      "not-accepted",
      `The registration of ${identity} is Rejected. Set it to Accepted or Pending first.`,
    );
  }
  // OCPP 1.6 4.2: only these two must not be sent to a charge point whose registration is Pending.
  if (registration === "Pending" && (action === "RemoteStartTransaction" || action === "RemoteStopTransaction")) {
    throw new CommandRefused("not-accepted", `The registration of ${identity} is Pending. Set it to Accepted first.`);
  }
  if (isForbiddenTrigger(options) && registration === "Accepted" && !options.force) {
    throw new CommandRefused(
      "boot-notification-not-triggerable",
      `${identity} is accepted, and the specification forbids to trigger its BootNotification (errata 3.40). Repeat with ?force=true to send it anyway.`,
    );
  }
  if (!connected) refuseOffline(options);
}

/** The refusal of a command when QUEUE_LIMIT others wait. */
export function queueFull(identity: string): CommandRefused {
  return new CommandRefused(
    "command-queue-full",
    `${QUEUE_LIMIT} commands are already waiting for ${identity}. Wait until they are sent, or cancel some.`,
  );
}

function isForbiddenTrigger({ action, request }: SendOptions): boolean {
  return (action === "TriggerMessage" || action === "ExtendedTriggerMessage") &&
    (request as { requestedMessage?: string }).requestedMessage === "BootNotification";
}

/** Whether a command may be sent much later. A charge point that is Pending may be accepted by then; triggering its BootNotification is then forbidden. */
function mayComeLate(options: SendOptions): boolean {
  return findAction(options.action)?.whenOffline === "queue" &&
    (!isForbiddenTrigger(options) || options.force === true);
}

function refuseOffline(options: SendOptions): void {
  const { action, chargePoint, request, whenOffline } = options;
  const queueable = mayComeLate(options) && !setsKey(action, request);
  if (whenOffline !== "queue") {
    const cure = queueable
      ? "Repeat with whenOffline=queue to send it when it connects."
      : "Repeat it when it is connected.";
    throw new CommandRefused("charge-point-offline", `${chargePoint} is not connected. ${cure}`);
  }
  if (!queueable) {
    throw new CommandRefused(
      "not-queueable",
      `${chargePoint} is not connected, and this ${action} is not safe to send later. Repeat it when it is connected.`,
    );
  }
}

/** The row of a new command. */
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
 * The request for the row. A new AuthorizationKey is masked, because it must not be stored (security white paper A01.FR.09); it is kept in memory
 * until it is sent.
 */
export function storedRequest({ action, request }: SendOptions): object {
  return setsKey(action, request) ? maskSecrets(request) as object : request;
}

/** Whether the secret of a command is no longer in memory, so that it cannot be sent. */
export function lacksSecret({ action, request }: Command): boolean {
  return setsKey(action, request) && request.value === MASK;
}

function setsKey(action: string, request: object): boolean {
  return action === "ChangeConfiguration" && isSecretKey(String((request as { key?: unknown }).key));
}
