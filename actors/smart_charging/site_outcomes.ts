/**
 * What the end of a command says about a limit: accepted, refused, unknown, or never sent; and what somebody else's command leaves of one that
 * was confirmed.
 */
import type { AskEnd, LostGrant } from "../../db/smart_charging/site_grants.ts";
import type { Grant, SiteSituation } from "../../db/smart_charging/site_situation.ts";
import { endOf as endOfCommand, NEVER_SENT } from "../../ocpp/command_end.ts";
import { mostOf } from "./site_rates.ts";

/** A command that is not there so long after it was written down never will be: our own statements have ended by then. */
const NEVER_CAME_MS = 15_000;

const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 600_000;

/** Why an end leaves it open what the charge point did, by the state of the command. */
const DOUBTS: Partial<Record<string, string>> = {
  timedOut: "It did not answer in time.",
  invalidAnswer: "Its answer was not as specified.",
  unknown: "We were interrupted before its answer came.",
  connectionLost: "The connection ended before its answer came.",
};

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
  const end = endOfCommand({ action: clearing ? "ClearChargingProfile" : "SetChargingProfile", ...command });
  if (!end) return undefined;
  const { kind, answer, confirmation } = end;
  switch (kind) {
    case "applied":
      return { end: "accepted", outcome: null };
    case "refused":
    case "notSupported":
      // Errata 3.25: Unknown = there is no such profile, which is what was wanted.
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
 * The limits that were confirmed and may not be there any more, because of somebody else's command. What is there instead is not known: until
 * they are installed again, the larger of what was confirmed and all that can be drawn counts.
 */
export function lostOf({ site, running, grants }: SiteSituation): LostGrant[] {
  const isRunning = new Set(running.map(({ transactionId }) => transactionId));
  return grants.flatMap(({ chargePoint, connectorId, transactionId, confirmedBy, foreign }) => {
    if (foreign !== "ended" || transactionId !== null && !isRunning.has(transactionId)) return [];
    const doubtful = mostOf(site, site.memberSettings[chargePoint] ?? {});
    const outcome = "Somebody else's command has changed what was installed, or may have.";
    return [{ chargePoint, connectorId, confirmedBy: confirmedBy!, doubtful, outcome }];
  });
}
