import type { EndedTarget } from "../../db/smart_charging/profile_installations.ts";
import { type CommandState, endOf } from "../../ocpp/command_end.ts";
import type { RefusalSlug } from "../charge_point/command_refusals.ts";

/** Every way in which the installation at one charge point is, or has ended. The first three are not the end. */
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
  /** Refused before anybody was disturbed: */
  "offline",
  "notAccepted",
  "queueFull",
  "unknownChargePoint",
  "noTransaction",
] as const;

/** One of the words above. */
export type InstallationOutcome = (typeof INSTALLATION_OUTCOMES)[number];

/** How many of the words above mean that it goes on. */
const UNDER_WAY = 3;

/** Whether an outcome is final. */
export function isFinal(outcome: string): boolean {
  return !(INSTALLATION_OUTCOMES.slice(0, UNDER_WAY) as readonly string[]).includes(outcome);
}

/** What the end of a SetChargingProfile means for an installation. A CALLERROR that says "not supported" is no other answer than that. */
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
      // Without an answer, the state says it.
      return target.state as Exclude<CommandState, "answered">;
  }
}

/** What a refused command means for an installation. */
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
