import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";

/** As much of a command as the mirror learns from. */
export type ProfileCommand = Pick<Command, "id" | "chargePoint" | "action" | "state" | "confirmation">;

/**
 * Writes into the mirror what the outcome of a SetChargingProfile, ClearChargingProfile or RemoteStartTransaction says. Rejected, NotSupported
 * and a CALLERROR all mean "not installed". Unknown to a ClearChargingProfile means that the mirror was wrong: what it would have
 * removed is not there. Any other end (no answer, a lost connection, an answer that is none) says nothing, and the doubt
 * that began with the sending stays until another command, or a comparison, ends it. False: there was nothing to learn.
 */
export async function learnOutcome(
  { chargingProfiles }: Store,
  { id: commandId, chargePoint, action, state, confirmation }: ProfileCommand,
  { settledAt, now }: { settledAt: Date; now: Date },
): Promise<boolean> {
  const command = { commandId, chargePoint };
  if (state === "callError") return await chargingProfiles.refuse(command, now);
  if (state !== "answered") return false;
  const isAccepted = confirmation?.status === "Accepted";
  if (action === "ClearChargingProfile") {
    return await chargingProfiles.clear(command, { reason: isAccepted ? "cleared" : "absent", settledAt }, now);
  }
  return await (isAccepted ? chargingProfiles.accept(command, now) : chargingProfiles.refuse(command, now));
}
