import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import { lateEndOf } from "../charge_point/late_answer.ts";
import type { CallHandler } from "../charge_point/handler_context.ts";

/** As much of a command as the mirror learns from. */
export type ProfileCommand = Pick<Command, "id" | "chargePoint" | "action" | "state" | "confirmation" | "lateAnswer">;

type ProfileAction = "SetChargingProfile" | "ClearChargingProfile" | "RemoteStartTransaction";

/**
 * Writes into the mirror what the outcome of a SetChargingProfile, ClearChargingProfile or RemoteStartTransaction says. Rejected, NotSupported
 * and a CALLERROR all mean "not installed". Unknown to a ClearChargingProfile means that the mirror was wrong: what it would have
 * removed is not there. An answer that came after the command had ended says as much. Any other end (no answer, a lost connection, an
 * answer that is none) says nothing, and the doubt that began with the sending stays until another command, or a comparison, ends it.
 * False: there was nothing to learn.
 */
export async function learnOutcome(
  { chargingProfiles }: Store,
  learned: ProfileCommand,
  { settledAt, now }: { settledAt: Date; now: Date },
): Promise<boolean> {
  const { id: commandId, chargePoint, action } = learned;
  const command = { commandId, chargePoint };
  const late = lateEndOf(action as ProfileAction, learned);
  const end = late ?? learned;
  const refuse = () => late ? chargingProfiles.refuseLate(command, now) : chargingProfiles.refuse(command, now);
  if (end.state === "callError") return await refuse();
  if (end.state !== "answered") return false;
  const isAccepted = (end.confirmation as { status?: unknown } | null)?.status === "Accepted";
  if (action === "ClearChargingProfile") {
    return await chargingProfiles.clear(command, { reason: isAccepted ? "cleared" : "absent", settledAt }, now);
  }
  return await (isAccepted ? chargingProfiles.accept(command, now) : refuse());
}

/** What the handlers of these commands do at their end, in time or late. */
export const learning: Required<Pick<CallHandler<ProfileAction>, "settled" | "answeredLate">> = {
  async settled(_request, confirmation, { state }, { store }, now, command) {
    await learnOutcome(store, { ...command, state, confirmation: confirmation ?? null }, { settledAt: now, now });
  },

  /** What the command was to change was sent before it had ended, whatever has been sent since. */
  async answeredLate(command, { store }, now) {
    await learnOutcome(store, command, { settledAt: command.settledAt ?? now, now });
  },
};
