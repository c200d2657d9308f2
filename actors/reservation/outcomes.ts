/**
 * Records the outcome of a reservation when its command has ended. The handlers do this before the command is settled; the shared actor does it
 * for commands for which that failed. Both are idempotent.
 */
import type { Command } from "../../db/commands.ts";
import type { Store } from "../../db/store.ts";
import type { CommandEnd } from "../../ocpp/command_end.ts";
import { verdictOfCancelReservation, verdictOfReserveNow } from "../../ocpp/reservation/reservation_rules.ts";

/** Whether a command is a ReserveNow or a CancelReservation. */
export function isAboutReservation({ action }: Pick<Command, "action">): boolean {
  return action === "ReserveNow" || action === "CancelReservation";
}

/** Updates the reservation of a command that has ended, also after a late answer. Throws StoreError. */
export async function recordOutcome(
  command: Pick<Command, "id" | "chargePoint" | "action" | "request">,
  end: CommandEnd | undefined,
  { reservations }: Pick<Store, "reservations">,
  now: Date,
): Promise<void> {
  if (!end) return;
  if (command.action === "ReserveNow") await reservations.reserveEnded(command, verdictOfReserveNow(end), now);
  if (command.action === "CancelReservation") {
    await reservations.cancelEnded(command, verdictOfCancelReservation(end), now);
  }
}
