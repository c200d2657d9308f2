import type { EndedTarget } from "../../db/smart_charging/profile_installations.ts";
import { type CommandState, endOf } from "../../ocpp/command_end.ts";
import type { RefusalSlug } from "../charge_point/command_refusals.ts";

/** The states and ends of an installation at one charge point. The first three are states; the others are ends. */
export const INSTALLATION_OUTCOMES = [
  "waiting",
  "queued",
  "sent",
  "accepted",
  "rejected",
  "notSupported",
  "callError",
  "invalidAnswer",
  "timedOut",
  "connectionLost",
  "unknown",
  "expired",
  "cancelled",
  // The command was refused before it was made:
  "offline",
  "notAccepted",
  "queueFull",
  "unknownChargePoint",
  "noTransaction",
] as const;

/** One of `INSTALLATION_OUTCOMES`. */
export type InstallationOutcome = (typeof INSTALLATION_OUTCOMES)[number];

const UNFINISHED: readonly string[] = INSTALLATION_OUTCOMES.slice(0, 3);

/** Whether an outcome is an end and will not change. */
export function isFinal(outcome: string): boolean {
  return !UNFINISHED.includes(outcome);
}

/** The outcome of a SetChargingProfile that has ended. A CALLERROR NotSupported counts like the status NotSupported. */
export function outcomeOf(target: EndedTarget): InstallationOutcome {
  const end = endOf({ action: "SetChargingProfile", ...target });
  switch (end?.kind) {
    case "applied":
      return "accepted";
    case "refused":
      return end.confirmation ? "rejected" : "callError";
    case "notSupported":
      return "notSupported";
    default:
      // Without an answer the state of the command is the outcome.
      return target.state as Exclude<CommandState, "answered">;
  }
}

/** The outcome when the command was refused before it was made. */
export function outcomeOfRefusal(slug: RefusalSlug): InstallationOutcome {
  switch (slug) {
    case "charge-point-unknown":
      return "unknownChargePoint";
    case "not-accepted":
      return "notAccepted";
    case "command-queue-full":
      return "queueFull";
    default:
      return "offline";
  }
}
