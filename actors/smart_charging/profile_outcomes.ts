import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import { type CommandEnd, isAnswered } from "../../ocpp/command_end.ts";
import type { CallHandler } from "../charge_point/handler_context.ts";

/** As much of a command as the mirror learns from. */
export type ProfileCommand = Pick<Command, "id" | "chargePoint" | "action" | "settledAt">;

/**
 * Writes into the mirror what the end of a SetChargingProfile, ClearChargingProfile or RemoteStartTransaction says. Rejected, NotSupported
 * and a CALLERROR all mean "not installed". Unknown to a ClearChargingProfile means that the mirror was wrong: what it would have
 * removed is not there. An answer that came after the command had ended says as much: what the command was to change was sent before
 * that, whatever has been sent since. Any other end says nothing, and the doubt that began with the sending stays until another
 * command, or a comparison, ends it. False: there was nothing to learn.
 */
export async function learnOutcome(
  { chargingProfiles }: Store,
  { id: commandId, chargePoint, action, settledAt }: ProfileCommand,
  end: CommandEnd | undefined,
  now: Date,
): Promise<boolean> {
  if (!end || !isAnswered(end)) return false;
  const command = { commandId, chargePoint };
  const isApplied = end.kind === "applied";
  if (action === "ClearChargingProfile" && end.confirmation) {
    const cleared = { reason: isApplied ? "cleared" : "absent", settledAt: settledAt ?? now } as const;
    return await chargingProfiles.clear(command, cleared, now);
  }
  if (isApplied) return await chargingProfiles.accept(command, now);
  return await (end.isLate ? chargingProfiles.refuseLate(command, now) : chargingProfiles.refuse(command, now));
}

/** What the handlers of these commands do at their end. */
export const learning: Required<
  Pick<CallHandler<"SetChargingProfile" | "ClearChargingProfile" | "RemoteStartTransaction">, "ended">
> = {
  async ended(command, end, { store, clock }) {
    await learnOutcome(store, command, end, clock.now());
  },
};
