/**
 * The outcome of a limit after its command has ended: accepted, refused, unknown or neverSent. Also finds the confirmed limits that a command of
 * an operator may have replaced.
 */
import type { GrantOutcome, LostGrant } from "../../db/smart_charging/site_grants.ts";
import type { Grant, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import { endOf as endOfCommand, NEVER_SENT } from "../../ocpp/command_end.ts";
import { mostOf } from "./site_rates.ts";

/** After this time a planned command without a row counts as never made, because the statement that makes it has ended by then. */
const NEVER_MADE_MS = 15_000;

/** Back-off: the delay doubles with each failure. */
const BACK_OFF_MS = 5000;
const BACK_OFF_MAX_MS = 600_000;

/** Texts for the command states after which it is not known whether the charge point accepted the limit. */
const DOUBTS: Partial<Record<string, string>> = {
  timedOut: "It did not answer in time.",
  invalidAnswer: "Its answer was not as specified.",
  unknown: "The Central System stopped before the answer arrived.",
  connectionLost: "The connection ended before the answer arrived.",
};

/** How the command of a grant ended; undefined while it has not. */
export function endOf(grant: Grant, now: Date): GrantOutcome | undefined {
  const { chargePoint, connectorId, commandId, askedAt, failures } = grant;
  if (commandId === null) return undefined;
  const read = readEnd(grant, now.getTime() - (askedAt?.getTime() ?? 0));
  if (!read) return undefined;
  const waitMs = read.end === "neverSent" ? BACK_OFF_MS : Math.min(BACK_OFF_MS * 2 ** failures, BACK_OFF_MAX_MS);
  const retryAt = read.end === "accepted" ? null : new Date(now.getTime() + waitMs);
  return { chargePoint, connectorId, commandId, ...read, retryAt };
}

/** The end of a planned command that was refused before it was made. */
export function refusedEnd(
  ask: Pick<GrantOutcome, "chargePoint" | "connectorId" | "commandId">,
  reason: string,
  now: Date,
): GrantOutcome {
  return { ...ask, end: "neverSent", outcome: reason, retryAt: new Date(now.getTime() + BACK_OFF_MS) };
}

function readEnd({ command, clearing }: Grant, ageMs: number): Pick<GrantOutcome, "end" | "outcome"> | undefined {
  if (command === null) {
    if (ageMs < NEVER_MADE_MS) return undefined;
    return { end: "neverSent", outcome: "It was not sent: the Central System stopped before." };
  }
  const end = endOfCommand({ action: clearing ? "ClearChargingProfile" : "SetChargingProfile", ...command });
  if (!end) return undefined;
  const { kind, answer, confirmation } = end;
  switch (kind) {
    case "applied":
      return { end: "accepted", outcome: null };
    case "refused":
    case "notSupported":
      // Errata 3.25: Unknown means that there is no such profile, which is the result that the command was for.
      if (clearing && confirmation && answer === "Unknown") return { end: "accepted", outcome: null };
      return { end: "refused", outcome: `It answered ${confirmation ? answer : `with the error ${answer}`}.` };
    case "doubtful":
      return { end: "unknown", outcome: DOUBTS[answer] ?? `The command ended as ${answer}.` };
    case "neverSent":
      if (command.error?.code === NEVER_SENT) return { end: kind, outcome: "The connection ended before it was sent." };
      return { end: kind, outcome: `The command was ${answer} before it was sent.` };
  }
}

/**
 * The confirmed limits that an operator's command may have replaced or cleared. The charge point may then draw its maximum, so until the limit is
 * installed again the larger of the confirmed limit and the maximum counts.
 */
export function lostOf({ site, running, grants }: SiteSituation): LostGrant[] {
  const isRunning = new Set(running.map(({ transactionId }) => transactionId));
  return grants.flatMap(({ chargePoint, connectorId, transactionId, confirmedBy, foreign }) => {
    if (foreign !== "ended" || transactionId !== null && !isRunning.has(transactionId)) return [];
    const doubtful = mostOf(site, site.memberSettings[chargePoint] ?? {});
    const outcome = "An operator's command has changed the installed limit, or may have.";
    return [{ chargePoint, connectorId, confirmedBy: confirmedBy!, doubtful, outcome }];
  });
}
