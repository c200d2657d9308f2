/**
 * What the end of a command says about a limit: accepted, refused, unknown, or never sent; and who else's commands have changed what we had
 * installed.
 */
import type { Command } from "../../db/commands.ts";
import type { AskEnd } from "../../db/smart_charging/site_grants.ts";
import type { Grant } from "../../db/smart_charging/site_situation.ts";
import type { RequestOf } from "../../ocpp/registry.ts";
import { FIRST_PROFILE_ID } from "./site_rates.ts";

/** A command that is not there so long after it was written down never will be: our own statements have ended by then. */
const NEVER_CAME_MS = 15_000;

const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 600_000;

/** How the ask of a grant ended; undefined while it has not. */
export function endOf(grant: Grant, now: Date): AskEnd | undefined {
  const { chargePoint, connectorId, commandId, askedAt, failures } = grant;
  if (commandId === null) return undefined;
  const read = readEnd(grant, now.getTime() - (askedAt?.getTime() ?? 0));
  if (!read) return undefined;
  const waitMs = read.end === "neverSent" ? FIRST_WAIT_MS : Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  const retryAt = read.end === "accepted" ? null : new Date(now.getTime() + waitMs);
  return { chargePoint, connectorId, commandId, ...read, retryAt };
}

/** The end of an ask that was refused before it became a command. */
export function notTaken(
  ask: Pick<AskEnd, "chargePoint" | "connectorId" | "commandId">,
  why: string,
  now: Date,
): AskEnd {
  return { ...ask, end: "neverSent", outcome: why, retryAt: new Date(now.getTime() + FIRST_WAIT_MS) };
}

function readEnd({ command, clearing }: Grant, ageMs: number): Pick<AskEnd, "end" | "outcome"> | undefined {
  if (command === null) {
    return ageMs < NEVER_CAME_MS ? undefined : { end: "neverSent", outcome: "It was not sent: we were interrupted." };
  }
  const { state, confirmation, error } = command;
  switch (state) {
    case "queued":
    case "sent":
      return undefined;
    case "answered": {
      const status = String(confirmation?.status);
      // Errata 3.25: Unknown = there is no such profile, which is what was wanted.
      if (status === "Accepted" || clearing && status === "Unknown") return { end: "accepted", outcome: null };
      return { end: "refused", outcome: `It answered ${status}.` };
    }
    case "callError":
      return { end: "refused", outcome: `It answered with the error ${error?.code}.` };
    case "timedOut":
      return { end: "unknown", outcome: "It did not answer in time." };
    case "invalidAnswer":
      return { end: "unknown", outcome: "Its answer was not as specified." };
    case "unknown":
      return { end: "unknown", outcome: "We were interrupted before its answer came." };
    case "connectionLost":
      if (error?.code === "NeverSent") return { end: "neverSent", outcome: "The connection ended before it was sent." };
      return { end: "unknown", outcome: "The connection ended before its answer came." };
    case "expired":
    case "cancelled":
      return { end: "neverSent", outcome: `The command was ${state} before it was sent.` };
  }
}

/** Somebody else's command about charging profiles that has taken effect, or may have. */
export function isForeign({ action, request, requestedBy, state, confirmation }: Command): boolean {
  if (state === "queued" || state === "callError" || state === "expired" || state === "cancelled") return false;
  if (state === "answered" && confirmation?.status !== "Accepted") return false;
  const id = action === "SetChargingProfile"
    ? (request as RequestOf<"SetChargingProfile">).csChargingProfiles.chargingProfileId
    : action === "ClearChargingProfile"
    ? (request as RequestOf<"ClearChargingProfile">).id ?? 0
    : undefined;
  return id !== undefined && !(requestedBy === null && id >= FIRST_PROFILE_ID);
}

/** Which of our grants a foreign command may have removed or replaced: their connectorIds. */
export function touchedBy(
  { action, request }: Pick<Command, "action" | "request">,
  grants: readonly Grant[],
): number[] {
  const isTouched = action === "ClearChargingProfile"
    ? (grant: Grant) => isCleared(grant, request as RequestOf<"ClearChargingProfile">)
    : (grant: Grant) => isReplaced(grant, request as unknown as RequestOf<"SetChargingProfile">);
  return grants.filter((grant) => grant.confirmed !== null && isTouched(grant)).map(({ connectorId }) => connectorId);
}

/** Errata 3.25, 3.26: an id alone decides; otherwise every field that is given. */
function isCleared(grant: Grant, request: RequestOf<"ClearChargingProfile">): boolean {
  const { id, connectorId, chargingProfilePurpose, stackLevel } = request;
  if (id !== undefined) return id === FIRST_PROFILE_ID + grant.connectorId;
  return (connectorId ?? grant.connectorId) === grant.connectorId &&
    (chargingProfilePurpose ?? purposeOf(grant)) === purposeOf(grant) &&
    (stackLevel ?? grant.stackLevel) === grant.stackLevel;
}

/** 3.13.2 and 5.16: the same id, or the same purpose and stack level on the same connector. */
function isReplaced(
  grant: Grant,
  { connectorId, csChargingProfiles: profile }: RequestOf<"SetChargingProfile">,
): boolean {
  return profile.chargingProfileId === FIRST_PROFILE_ID + grant.connectorId ||
    connectorId === grant.connectorId && profile.chargingProfilePurpose === purposeOf(grant) &&
      profile.stackLevel === grant.stackLevel;
}

function purposeOf({ transactionId }: Grant): "TxDefaultProfile" | "TxProfile" {
  return transactionId === null ? "TxDefaultProfile" : "TxProfile";
}
