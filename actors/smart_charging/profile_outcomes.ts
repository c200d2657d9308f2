import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import { type CommandEnd, isAnswered } from "../../ocpp/command_end.ts";
import type { CallHandler } from "../charge_point/handler_context.ts";

/** The fields of a command that the stored charging profiles depend on. */
export type ProfileCommand = Pick<Command, "id" | "chargePoint" | "action" | "settledAt">;

/**
 * Updates the stored charging profiles after the end of a SetChargingProfile, ClearChargingProfile or RemoteStartTransaction. Rejected, NotSupported
 * and a CALLERROR all mean "not installed". Unknown as the answer to a ClearChargingProfile means that the charge point does not have the profiles,
 * so they are removed here, too. A late answer counts like one in time. Without an answer nothing changes: the profiles stay in doubt, which
 * began when the command was sent, until another command or a comparison ends the doubt. Returns whether something changed.
 */
export async function recordProfileOutcome(
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

/** The `ended` hook of the handlers of these three actions. */
export const profileOutcomes: Required<
  Pick<CallHandler<"SetChargingProfile" | "ClearChargingProfile" | "RemoteStartTransaction">, "ended">
> = {
  async ended(command, end, { store, clock }) {
    await recordProfileOutcome(store, command, end, clock.now());
  },
};
